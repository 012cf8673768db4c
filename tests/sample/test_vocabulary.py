import pytest

from silian.sample.vocabulary import Indicator, field_labels, industries, names

TRADES = industries()


def test_there_are_at_least_fourteen_trades():
    assert len(TRADES) >= 14
    assert len({trade.code for trade in TRADES}) == len(TRADES)


@pytest.mark.parametrize("trade", TRADES, ids=lambda trade: trade.code)
class TestTrade:
    def test_is_rich_enough(self, trade):
        assert len(trade.objects) >= 12
        assert len(trade.techniques) >= 12
        assert len(trade.problems) >= 8
        assert len(trade.instruments) >= 6
        assert len({m for family in trade.materials for m in family}) >= 12
        assert len({s for family in trade.scenes for s in family}) >= 12

    def test_everything_has_several_names(self, trade):
        assert min(len(names) for names in trade.objects) >= 3
        assert min(len(names) for names in trade.techniques) >= 3
        assert min(len(problem.names) for problem in trade.problems) >= 3
        assert min(len(problem.indicator.names) for problem in trade.problems) >= 2

    def test_no_object_name_means_two_objects(self, trade):
        spoken = [name for names in trade.objects for name in names]
        assert len(set(spoken)) == len(spoken)

    def test_every_technique_solves_something(self, trade):
        used = {t for problem in trade.problems for t in problem.techniques}
        assert used == set(range(len(trade.techniques)))

    def test_every_indicator_can_be_tested_in_the_city(self, trade):
        offered = {method for i in trade.instruments for method in i.methods}
        assert {problem.test for problem in trade.problems} <= offered

    def test_every_object_has_problems(self, trade):
        suffering = {thing for problem in trade.problems for thing in problem.things}
        assert suffering == set(range(len(trade.objects)))

    def test_its_fields_exist(self, trade):
        assert set(trade.field_codes) <= set(field_labels())

    def test_some_district_is_home_to_it(self, trade):
        homes = [d for d in names()["districts"] if trade.code in d["industries"]]
        assert homes


def test_indicator_grows_or_falls_from_poor_to_excellent():
    loss = Indicator(names=("损耗",), unit="W", poor=9.0, excellent=1.0, digits=1)
    assert [loss.at(0.0), loss.at(0.5), loss.at(1.0)] == ["9.0W", "5.0W", "1.0W"]
    assert not loss.rises


def test_wide_indicator_moves_by_ratio():
    density = Indicator(names=("浓度",), unit="ppm", poor=100, excellent=1, digits=0)
    assert density.at(0.5) == "10ppm"
