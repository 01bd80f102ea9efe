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
    operation=pgtrigger.Insert,
    when=pgtrigger.Before,
    declare=[("edges", "text")],
    func="""
        edges := '.,;:!?()[]"''。、';
        IF EXISTS (
            SELECT 1
            FROM (
                SELECT
                    planted_text,
                    regexp_split_to_array(normalize(model_text, NFC), '\\s+') AS there
                FROM review_plantederror
                WHERE task_id = NEW.task_id AND line_id = NEW.line_id
                    AND reviewer_id = NEW.reviewer_id
            ) AS plant
            WHERE plant.planted_text = NEW.text OR EXISTS (
                SELECT 1
                FROM unnest(string_to_array(plant.planted_text, ' ')) AS shown,
                    unnest(string_to_array(NEW.text, ' ')) AS said
                WHERE length(btrim(shown, edges)) >= 3 AND (
                    said = shown AND shown <> ALL (plant.there)
                    OR btrim(said, edges) = btrim(shown, edges) AND NOT EXISTS (
                        SELECT 1 FROM unnest(plant.there) AS word
                        WHERE btrim(word, edges) = btrim(shown, edges)
                    )
                )
            )
        ) THEN
            RAISE EXCEPTION 'pgtrigger: a planted text cannot become a label';
        END IF;
        RETURN NEW;
    """,
)
"""Exports and datasets are made of labels and readings: what is planted reaches neither.

Refused is the whole planted text, and every text with a word (whatever punctuation stands around
it) that the planted text has and the true reading lacks: the planted piece is in it. By words, for
SQL can align nothing, and a piece alone ("n") stands in every text. A word of three characters or
more: "l" may be a litre that somebody adds. Errors are planted in such words alone, and
`review.planted_pieces`, which sees more, puts right what would be refused here: no submit fails by
this rule, only code that forgot to ask.
"""
