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

CANARY_IS_ANOTHER = pgtrigger.Trigger(
    name="canary_is_another",
    operation=pgtrigger.Insert | pgtrigger.Update,
    when=pgtrigger.Before,
    declare=[("serving", "bigint")],
    func="""
        IF NEW.status = 'running' THEN
            SELECT model_version_id INTO serving FROM recognition_activemodel
            WHERE document_type_id IS NULL OR document_type_id = NEW.document_type_id
            ORDER BY document_type_id NULLS LAST LIMIT 1 FOR SHARE;
            IF serving = NEW.model_version_id THEN
                RAISE EXCEPTION 'pgtrigger: the active model cannot be the canary beside itself';
            END IF;
        END IF;
        RETURN NEW;
    """,
)
"""A canary is compared with what serves its scope. Locked, for a pointer moves meanwhile."""

CANARY_ENDS_FIRST = pgtrigger.Trigger(
    name="canary_ends_first",
    operation=pgtrigger.Insert | pgtrigger.Update,
    when=pgtrigger.Before,
    func="""
        IF EXISTS (
            SELECT 1 FROM recognition_canary
            WHERE status = 'running' AND model_version_id = NEW.model_version_id
            AND document_type_id IS NOT DISTINCT FROM NEW.document_type_id
        ) THEN
            RAISE EXCEPTION 'pgtrigger: the canary has to end before it becomes the active model';
        END IF;
        RETURN NEW;
    """,
)
"""The same from the other side: what is put in service is its scope's running canary no more."""
