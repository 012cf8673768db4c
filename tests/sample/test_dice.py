from silian.sample.dice import Dice

# Written down once: a change here changes every city that anyone has generated.
GOLDEN = [73670, 211370, 198196, 17125, 452288]


def test_a_stream_never_changes():
    dice = Dice(20260630, "golden")
    assert [dice.below(1_000_000) for _ in range(5)] == GOLDEN


def test_streams_of_one_seed_differ():
    assert Dice(1, "need").unit() != Dice(1, "patent").unit()


def test_several_draws_without_repetition():
    drawn = Dice(3, "x").several(range(10), 10)
    assert sorted(drawn) == list(range(10))
    assert Dice(3, "x").several("ab", 5) in (["a", "b"], ["b", "a"])


def test_early_prefers_the_first():
    dice = Dice(5, "x")
    drawn = [dice.early(range(4)) for _ in range(4000)]
    counts = [drawn.count(n) for n in range(4)]
    assert counts == sorted(counts, reverse=True)
    assert min(counts) > 0
