"""Rules on review's rows that a constraint cannot state, held by the database all the same."""

import pgtrigger

NAMES_WHOM_IT_CHECKS = pgtrigger.Trigger(
    name="names_whom_it_checks",
    operation=pgtrigger.Insert
    | pgtrigger.UpdateOf(  # type: ignore[no-untyped-call]
        "first_id", "first_reviewer_id", "second_id", "second_reviewer_id", "page_id"
    ),
    when=pgtrigger.Before,
    func="""
        IF NEW.first_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM review_reviewtask
            WHERE id = NEW.first_id AND page_id = NEW.page_id AND done_by_id = NEW.first_reviewer_id
        ) OR NEW.second_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM review_reviewtask
            WHERE id = NEW.second_id AND page_id = NEW.page_id
                AND done_by_id = NEW.second_reviewer_id
        ) THEN
            RAISE EXCEPTION 'pgtrigger: a check names another reviewer than the one it checks';
        END IF;
        RETURN NEW;
    """,
)
"""The reviewers a check names, who may not make it, are those who did the checked reviews."""

PLANTED = "a planted text cannot become a label"
"""How the trigger below refuses; kept in one piece with its text."""

NO_PLANTED_TEXT = pgtrigger.Trigger(
    name="no_planted_text",
    level=pgtrigger.Statement,
    operation=pgtrigger.Insert,
    when=pgtrigger.After,
    referencing=pgtrigger.Referencing(new="said_now"),  # type: ignore[no-untyped-call]
    declare=[("edges", "text")],
    func="""
        edges := '.,;:!?()[]"''。、';
        IF EXISTS (
            SELECT 1
            FROM said_now
            JOIN review_plantederror AS plant USING (task_id, line_id, reviewer_id)
            CROSS JOIN LATERAL (
                SELECT regexp_split_to_array(normalize(plant.model_text, NFC), '\\s+') AS there
            ) AS reading
            WHERE plant.planted_text = said_now.text OR EXISTS (
                SELECT 1
                FROM unnest(string_to_array(plant.planted_text, ' ')) AS shown,
                    unnest(string_to_array(said_now.text, ' ')) AS said
                WHERE length(btrim(shown, edges)) >= 3 AND (
                    said = shown AND shown <> ALL (reading.there)
                    OR btrim(said, edges) = btrim(shown, edges) AND NOT EXISTS (
                        SELECT 1 FROM unnest(reading.there) AS word
                        WHERE btrim(word, edges) = btrim(shown, edges)
                    )
                )
            )
        ) THEN
            RAISE EXCEPTION 'pgtrigger: a planted text cannot become a label';
        END IF;
        RETURN NULL;
    """,
)
"""Exports and datasets are made of labels and readings: what is planted reaches neither.

Refused is the whole planted text, and every text with a word (whatever punctuation stands around
it) that the planted text has and the true reading lacks: the planted piece is in it. By words, for
SQL can align nothing, and a piece alone ("n") stands in every text. A word of three characters or
more: "l" may be a litre that somebody adds. Errors are planted in such words alone, and
`review.planted_pieces`, which sees more, puts right what would be refused here: no submit fails by
this rule, only code that forgot to ask.

Asked once for all rows of a statement: line by line it took half the time of writing 400 labels.
"""
