"""A canary from its start to the pages it leaves behind, and what its trial makes of it.

`training.shadow` promotes and withdraws it, by its evidence or by a click.
"""

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from recognition.canaries import appoint_canary
from recognition.models import Canary, DocumentType, ModelVersion
from recognition.registry import active_model, end_canary
from recognition.states import CanaryStatus
from training.exceptions import NotActivatable
from training.models import Trial
from training.rereading import reread_after
from training.serving import check_scope
from training.states import TrialAim, TrialStatus
from training.trials import end_trial, start_trial

DEFAULT_SHARE = 0.1
"""Of the documents. As many again are read by both models while the other is shown."""


@transaction.atomic
def start_canary(
    *,
    version: ModelVersion,
    document_type: DocumentType | None,
    share: float = DEFAULT_SHARE,
    actor: AbstractBaseUser | None,
    reason: str,
) -> Canary:
    """Let a version read a sticky share of a scope's documents, and compare it with what serves.

    The scope's canary of before is withdrawn, and what it read is read again. `share` is above 0
    and at most 0.5. Raises NoModel where nothing serves the scope, NotActivatable where the
    version cannot serve it or is in service already.
    """
    check_scope(version, document_type)
    serving = active_model(document_type)
    if serving == version:
        raise NotActivatable(f"{version} is in service already; only another can be the canary.")
    earlier = list(Canary.objects.running().filter(document_type=document_type))
    canary = appoint_canary(
        version=version, document_type=document_type, share=share, actor=actor, reason=reason
    )
    for trial in Trial.objects.running().filter(
        document_type=document_type, beside=version, aim=TrialAim.PROVE
    ):
        end_trial(trial, TrialStatus.ENDED, f"{version} is the canary from now on.", actor=actor)
    start_trial(
        document_type=document_type,
        aim=TrialAim.CANARY,
        serving=serving,
        beside=version,
        canary=canary,
    )
    for each in earlier:
        reread_after(each, actor)
    return canary


@transaction.atomic
def take_canary_back(canary: Canary, *, reason: str, actor: AbstractBaseUser | None) -> bool:
    """Let what serves read the canary's share from now on, and again what the canary has read.

    False where the canary has ended already.
    """
    ended = end_canary(canary, CanaryStatus.WITHDRAWN, actor=actor, reason=reason)
    if ended:
        reread_after(canary, actor)
    return ended


def harmless_is_enough(canary: Canary) -> bool:
    """Whether a gate has accepted the version: then a canary need only show that it does no harm.

    One that was started by hand without such a verdict has to prove itself better.
    """
    return canary.model_version.runs.filter(verdict__accept=True).exists()
