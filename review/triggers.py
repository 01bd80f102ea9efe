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

NO_PLANTED_TEXT = pgtrigger.Trigger(
    name="no_planted_text",
    operation=pgtrigger.Insert,
    when=pgtrigger.Before,
    func="""
        IF EXISTS (
            SELECT 1 FROM review_plantederror
            WHERE task_id = NEW.task_id AND line_id = NEW.line_id
                AND reviewer_id = NEW.reviewer_id AND planted_text = NEW.text
        ) THEN
            RAISE EXCEPTION 'pgtrigger: a planted text cannot become a label';
        END IF;
        RETURN NEW;
    """,
)
"""Exports and datasets are made of labels and readings: what is planted reaches neither."""
