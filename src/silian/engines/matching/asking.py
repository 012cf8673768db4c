"""One question, or many together, put to a view: read, retrieve, rank."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from silian.engines.matching.askedwords import asked_words
from silian.engines.matching.candidates import CandidateBatch, Question, Ranker, SmallFloats
from silian.engines.matching.clauses import Clause, clauses_of
from silian.engines.matching.explanation import (
    Ranked,
    absence_of,
    copies_last,
    hit_of,
    hits_of,
    order_of,
)
from silian.engines.matching.kindmeans import mean_of_needs
from silian.engines.matching.questions import (
    check_query,
    query_text,
    read_question,
    title_text,
)
from silian.engines.matching.questionvectors import MEANING_FAILURES, QuestionVectors
from silian.engines.matching.retrieval import (
    DEPTH,
    Candidates,
    by_meaning,
    by_words,
    merge,
    no_candidates,
    read_candidates,
    with_documents,
)
from silian.engines.matching.rows import WordReader
from silian.engines.matching.tellingwords import (
    Commonness,
    is_general,
    telling,
    telling_words,
)
from silian.engines.matching.translating import (
    LanguageDirection,
    Translator,
    speaks_chinese,
    translated_phrases,
)
from silian.engines.matching.values import Absence, Hit, Query, SearchResult
from silian.engines.matching.view import View
from silian.engines.matching.writing import Progress, portions_of, unknown_document
from silian.language import Rendering, is_latin

# Questions whose candidates are held side by side.
_QUESTIONS_AT_ONCE = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Everything but the index that an answer depends on."""

    reader: WordReader
    vectors: QuestionVectors | None
    ranker: Ranker
    n_dimensions: int
    translator: Translator | None = None
    direction: LanguageDirection | None = None

    def question(self, query: Query, view: View, timings_ms: dict[str, float]) -> Question:
        """Read one query; by its words alone where its meaning can't be had."""
        check_query(query, self.n_dimensions)
        with timed(timings_ms, "embed"):
            asking = self._asking(query, view)
            [meaning] = self._meanings_or_failure([asking], view)
        with timed(timings_ms, "read"):
            return self._question(asking, view, meaning)

    def _asking(self, query: Query, view: View) -> "_Asking":
        """Translate a query whose words are not those of the index, each text once."""
        if self.translator is None or not is_latin(query_text(query)) or not speaks_chinese(view):
            return _Asking(query)
        return _Asking(
            query,
            title=self.translator.renderings(title_text(query)),
            body=self.translator.renderings(query.body) if query.body else (),
        )

    def _question(self, asking: "_Asking", view: View, meaning: "_Meaning") -> Question:
        question = read_question(
            asking.query,
            view,
            self.reader,
            meaning.vector,
            title_phrases=translated_phrases(asking.title, view, self.reader),
            body_phrases=translated_phrases(asking.body, view, self.reader),
        )
        commonness = Commonness.of(question, view.document_count)
        tells = telling(question, commonness)
        is_of_supply = question.query.direction == "need"
        return replace(
            question,
            title_vector=meaning.title_vector,
            meaning_failure=meaning.failure,
            needs_mean=mean_of_needs(view) if is_of_supply else None,
            telling=telling_words(question, tells),
            asked=() if is_of_supply else asked_words(question, tells),
            is_general=is_general(question, commonness),
        )

    def _without_language(self, vector: SmallFloats | None) -> SmallFloats | None:
        """What a text means, less the language that it is in."""
        # An empty text has no direction, and must not get one.
        if vector is None or not vector.any() or self.vectors is None or self.direction is None:
            return vector
        return vector - self.direction.of(self.vectors)

    def retrieve(self, view: View, question: Question, timings_ms: dict[str, float]) -> Candidates:
        """Find candidates by words and by meaning, under the hard constraints."""
        depth = max(DEPTH, question.query.limit)
        clauses = clauses_of(question.query)
        with timed(timings_ms, "filter"):
            masks = [part.mask(clauses) for part in view.parts]
        with timed(timings_ms, "words"):
            words = by_words(view, question, masks, depth)
        with timed(timings_ms, "meaning"):
            [meaning] = by_meaning(view, [question], masks, depth)
        return merge(words, meaning)

    def rank(
        self, view: View, question: Question, found: Candidates, timings_ms: dict[str, float]
    ) -> Ranked:
        """Score candidates and put them in order."""
        with timed(timings_ms, "gather"):
            batch = read_candidates(view, question, found)
        with timed(timings_ms, "rank"):
            table = self.ranker.features(question, batch)
            ranking = self.ranker.rank(table)
        ranked = Ranked(
            view=view,
            question=question,
            clauses=clauses_of(question.query),
            candidates=found,
            batch=batch,
            table=table,
            ranking=ranking,
            order=order_of(ranking.scores, batch.document_ids),
        )
        if question.query.copies_last:
            return replace(ranked, order=copies_last(ranked))
        return ranked

    def ranked(
        self,
        query: Query,
        view: View,
        timings_ms: dict[str, float],
        also: Sequence[tuple[int, int]] = (),
    ) -> Ranked:
        """Answer one query; ``also`` names places that are ranked whether found or not."""
        question = self.question(query, view, timings_ms)
        found = self.retrieve(view, question, timings_ms)
        if also:
            found, _ = with_documents(found, also)
        return self.rank(view, question, found, timings_ms)

    def search(self, query: Query, view: View) -> SearchResult:
        """Answer and explain one query."""
        timings_ms: dict[str, float] = {}
        with timed(timings_ms, "total"):
            ranked = self.ranked(query, view, timings_ms)
            return self._result(ranked, timings_ms)

    def search_many(
        self, queries: Sequence[Query], view: View, progress: Progress | None
    ) -> list[SearchResult]:
        """Answer many queries in portions; after each ``progress`` is told (done, total)."""
        results: list[SearchResult] = []
        for portion in portions_of(queries, _QUESTIONS_AT_ONCE):
            results += self._search_together(portion, view)
            if progress is not None:
                progress(len(results), len(queries))
        return results

    def _search_together(self, queries: Sequence[Query], view: View) -> list[SearchResult]:
        """Answer queries side by side: one embedding call, each list of vectors read once."""
        for query in queries:
            check_query(query, self.n_dimensions)
        askings = [self._asking(query, view) for query in queries]
        questions = [
            self._question(asking, view, meaning)
            for asking, meaning in zip(
                askings, self._meanings_or_failure(askings, view), strict=True
            )
        ]
        results: list[SearchResult | None] = [None] * len(queries)
        groups: dict[tuple[tuple[Clause, ...], int], list[int]] = {}
        for number, query in enumerate(queries):
            key = (clauses_of(query), max(DEPTH, query.limit))
            groups.setdefault(key, []).append(number)
        for (clauses, depth), numbers in groups.items():
            masks = [part.mask(clauses) for part in view.parts]
            asked = [questions[number] for number in numbers]
            near = by_meaning(view, asked, masks, depth)
            for number, question, meaning in zip(numbers, asked, near, strict=True):
                timings_ms: dict[str, float] = {}
                with timed(timings_ms, "words"):
                    words = by_words(view, question, masks, depth)
                ranked = self.rank(view, question, merge(words, meaning), timings_ms)
                results[number] = self._result(ranked, timings_ms)
        return [result for result in results if result is not None]

    def explain(self, query: Query, document_id: str, view: View) -> Hit:
        """Score and explain one document for a query, whether or not it would be found."""
        ranked, place, _ = self._ranked_with(query, document_id, view)
        if place is None:
            raise unknown_document(document_id)
        return hit_of(ranked, place, ranked.rank_of(place))

    def why_not(self, query: Query, document_id: str, view: View) -> Absence:
        """Say why a document is not among the hits of a query, or that it is."""
        ranked, place, retrieved = self._ranked_with(query, document_id, view)
        if place is None:
            return Absence(
                document_id=document_id,
                reason="not_indexed",
                rank=None,
                cutoff_rank=query.limit,
                checks=(),
                hit=None,
                weakest_features=(),
            )
        return absence_of(ranked, place, retrieved=retrieved, limit=query.limit)

    def candidates(
        self, query: Query, document_ids: Sequence[str] | None, view: View
    ) -> tuple[Question, CandidateBatch]:
        """Give what a ranker sees: of the retrieved candidates, or of the documents named.

        A failed embedder is an error here: nothing is to be learnt from half a question.
        """
        check_query(query, self.n_dimensions)
        asking = self._asking(query, view)
        [meaning] = self._meanings([asking], view)
        question = self._question(asking, view, meaning)
        if document_ids is None:
            found = self.retrieve(view, question, {})
        else:
            places = [view.find(one) for one in document_ids]
            for one, place in zip(document_ids, places, strict=True):
                if place[1] < 0:
                    raise unknown_document(one)
            found, _ = with_documents(no_candidates(), places)
        return question, read_candidates(view, question, found)

    def _ranked_with(
        self, query: Query, document_id: str, view: View
    ) -> tuple[Ranked, int | None, bool]:
        """Rank with one document among the candidates; where it stands, and if it was found."""
        place = view.find(document_id)
        ranked = self.ranked(query, view, {}, [place] if place[1] >= 0 else [])
        if place[1] < 0:
            return ranked, None, False
        number = ranked.batch.document_ids.index(document_id)
        candidates = ranked.candidates
        found = bool(candidates.from_words[number] or candidates.from_meaning[number])
        return ranked, number, found

    def _result(self, ranked: Ranked, timings_ms: dict[str, float]) -> SearchResult:
        with timed(timings_ms, "explain"):
            hits = hits_of(ranked, ranked.question.query.limit)
        return SearchResult(
            hits=hits,
            candidate_count=len(ranked.candidates),
            meaning_pending_count=ranked.view.pending_passing(ranked.clauses),
            ranker_version=self.ranker.version,
            timings_ms=timings_ms,
            meaning_failure=ranked.question.meaning_failure,
        )

    def _meanings_or_failure(self, askings: Sequence["_Asking"], view: View) -> list["_Meaning"]:
        """Read what is asked for its meaning; without it where the embedder fails."""
        try:
            return self._meanings(askings, view)
        except MEANING_FAILURES as error:
            known = replace(self, vectors=None)._meanings(askings, view)
            return [
                meaning
                if asking.query.vector is not None or not _says_something(asking.query)
                else replace(meaning, failure=error.code)
                for asking, meaning in zip(askings, known, strict=True)
            ]

    def _meanings(self, askings: Sequence["_Asking"], view: View) -> list["_Meaning"]:
        """Vector of each whole question, and of its title where there is more than a title.

        What the caller brought is taken as it is; nobody embeds the title of such a question.
        """
        queries = [asking.query for asking in askings]
        wholes = [
            None if query.vector is None else np.asarray(query.vector, dtype=np.float32)
            for query in queries
        ]
        titles: list[SmallFloats | None] = [None] * len(queries)
        if self.vectors is not None and view.mean is not None:
            lacking = [
                number
                for number, one in enumerate(wholes)
                if one is None and _says_something(queries[number])
            ]
            # A supply that asks stays a document: needs are compared as if they had asked.
            held = [number for number in lacking if queries[number].direction == "need"]
            asked = [number for number in lacking if queries[number].direction != "need"]
            titled = [number for number in asked if _has_more_than_a_title(queries[number])]
            texts = [query_text(queries[number]) for number in asked]
            found = self.vectors.of([*texts, *(queries[number].title for number in titled)])
            for number, vector in zip(asked, found[: len(asked)], strict=True):
                wholes[number] = vector
            for number, vector in zip(titled, found[len(asked) :], strict=True):
                titles[number] = vector
            of_supplies = self.vectors.of(
                [query_text(queries[number]) for number in held], role="passage"
            )
            for number, vector in zip(held, of_supplies, strict=True):
                wholes[number] = vector
            for number in lacking:
                if askings[number].title or askings[number].body:
                    wholes[number] = self._without_language(wholes[number])
                    titles[number] = self._without_language(titles[number])
        # An empty text means nothing, rather than the middle of everything.
        return [
            _Meaning(one if one is not None and one.any() else None, title)
            for one, title in zip(wholes, titles, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class _Asking:
    """A query, and what a dictionary has for the phrases of its title and of its body."""

    query: Query
    title: Sequence[Rendering] = ()
    body: Sequence[Rendering] = ()


@dataclass(frozen=True, slots=True)
class _Meaning:
    """Vectors of a question and of its title, or the code of what prevented them."""

    vector: SmallFloats | None
    title_vector: SmallFloats | None
    failure: str = ""


def _says_something(query: Query) -> bool:
    """Whether there is a letter, character or digit: marks alone are near to anything."""
    return any(sign.isalnum() for sign in query_text(query))


def _has_more_than_a_title(query: Query) -> bool:
    return bool(query.title.strip() and query.body.strip())


@contextmanager
def timed(timings_ms: dict[str, float], stage: str) -> Iterator[None]:
    """Note how long a stage takes."""
    start = perf_counter()
    try:
        yield
    finally:
        timings_ms[stage] = 1e3 * (perf_counter() - start)
