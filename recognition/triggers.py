"""Rules on rows that a constraint cannot state, held by the database all the same."""

import pgtrigger

APPEND_ONLY = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)

NEVER_DELETED = pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)

SHAPE_STAYS = pgtrigger.ReadOnly(
    name="shape_stays", fields=["page", "polygon", "crop_sha256", "created_at"]
)
"""A line of another shape is another line; the earlier one is retired and kept."""

NO_TEXT_LAYER = pgtrigger.Trigger(
    name="reads_pictures",
    operation=pgtrigger.Insert | pgtrigger.Update,
    when=pgtrigger.Before,
    func="""
        IF EXISTS (
            SELECT 1 FROM recognition_modelversion
            WHERE id = NEW.model_version_id AND kind = 'text'
        ) THEN
            RAISE EXCEPTION 'pgtrigger: a text layer cannot be the active model';
        END IF;
        RETURN NEW;
    """,
)
"""What takes a text layer reads no pictures, so nothing may point to it as the reader."""
