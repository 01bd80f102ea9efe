"""Rules on proposals that a constraint cannot state: none has to do with a planted error."""

import pgtrigger

NO_PLANTED_SOURCE = pgtrigger.Trigger(
    name="no_planted_source",
    operation=pgtrigger.Insert,
    when=pgtrigger.Before,
    func="""
        IF EXISTS (
            SELECT 1 FROM review_label AS said
            JOIN review_plantederror AS plant ON plant.task_id = said.task_id
                AND plant.line_id = said.line_id AND plant.reviewer_id = said.reviewer_id
            WHERE said.id = NEW.source_id
        ) THEN
            RAISE EXCEPTION 'pgtrigger: what was planted is no source of proposals';
        END IF;
        RETURN NEW;
    """,
)
"""A correction of a line on which its reviewer was shown a planted error proposes nothing."""

NO_PLANTED_LINE = pgtrigger.Trigger(
    name="no_planted_line",
    operation=pgtrigger.Insert,
    when=pgtrigger.Before,
    func="""
        IF EXISTS (SELECT 1 FROM review_plantederror WHERE line_id = NEW.line_id) THEN
            RAISE EXCEPTION 'pgtrigger: nothing is proposed where an error is planted';
        END IF;
        RETURN NEW;
    """,
)
"""Beside the reading of a line with a planted error the planted text would give itself away."""
