"""The pages about proposals: the sets, one set with its crops, and answers taken back."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from recognition.image_views import lasting
from recognition.models import Line
from review.exceptions import NothingToAnswer, ProposalsNotUndoable
from review.models import Proposal, ProposalRound, ProposalSet, ReviewTask
from review.people import person
from review.proposals.answer import Answered, answer_proposals, undo_round
from review.proposals.forms import parse_answers
from review.proposals.lists import (
    items_of,
    lines_of_submit,
    offered_sets,
    undoable_rounds,
)
from review.proposals.pictures import piece_jpeg


@never_cache
@require_safe
def proposal_list(request: HttpRequest) -> HttpResponse:
    """Corrections whose misreading is likely elsewhere too, and what was answered just now."""
    user = person(request)
    context = {"sets": offered_sets(user), "rounds": undoable_rounds(user)}
    return render(request, "review/proposal_list.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def proposal_set(request: HttpRequest, set_id: int) -> HttpResponse:
    """The crops of one set; a POST confirms those that are ticked and refuses the others."""
    user = person(request)
    rows = ProposalSet.objects.readable_by(user).select_related(
        "document_type", "source__reviewer", "source__line__page__document"
    )
    chosen = get_object_or_404(rows, pk=set_id)
    if request.method != "POST":
        items = items_of(chosen)
        return render(request, "review/proposal_set.html", {"set": chosen, "items": items})
    sent = parse_answers(request.POST)
    try:
        done = answer_proposals(
            set_id=chosen.pk, user=user, confirm=sent.confirm, refuse=sent.refuse
        )
    except NothingToAnswer as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, told(done))
    return redirect("proposal_list")


@require_POST
def proposal_undo(request: HttpRequest, round_id: int) -> HttpResponse:
    """Take one's own answers to a set back, all at once."""
    user = person(request)
    sets = ProposalSet.objects.readable_by(user)
    made = get_object_or_404(ProposalRound.objects.filter(set__in=sets.values("pk")), pk=round_id)
    try:
        back = undo_round(round_id=made.pk, user=user)
    except ProposalsNotUndoable as error:
        messages.warning(request, error.message)
        return redirect("proposal_list")
    kept = f" {back.kept} stay, for somebody has those pages in hand." if back.kept else ""
    messages.success(request, f"Taken back: {_lines(back.undone)} as before.{kept}")
    return redirect("proposal_set", set_id=back.set.pk)


@require_safe
def proposal_picture(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """What stands on the page at the piece that a proposal is about, and around it."""
    user = person(request)
    rows = Proposal.objects.filter(
        set__in=ProposalSet.objects.readable_by(user).values("pk"),
        line__in=Line.objects.visible_to(user).values("pk"),  # filed under another type since?
    ).select_related("line__page")
    shown = get_object_or_404(rows, pk=proposal_id)
    etag = f'"{shown.line.crop_sha256}-{shown.left:.4f}-{shown.right:.4f}"'
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        return lasting(unchanged, etag)
    try:
        image = piece_jpeg(shown)
    except FileNotFoundError:
        raise Http404("The page's image is gone from the storage.") from None
    return lasting(HttpResponse(image, content_type="image/jpeg"), etag)


@never_cache
@require_safe
def proposals_of_task(request: HttpRequest, task_id: int) -> JsonResponse:
    """How many lines look like what was corrected on a page just submitted, and where they are."""
    user = person(request)
    task = get_object_or_404(ReviewTask.objects.visible_to(user), pk=task_id)
    lines, sets = lines_of_submit(task.pk, user)
    single = reverse("proposal_set", args=sets) if len(sets) == 1 else reverse("proposal_list")
    return JsonResponse({"lines": lines, "address": single})


def told(done: Answered) -> str:
    """What became of a round, in sentences."""
    said = [f"Confirmed {done.confirmed}, refused {done.refused}."]
    if done.opened:
        pages = "page goes" if done.opened == 1 else "pages go"
        said.append(f"{done.opened} accepted {pages} to review.")
    if done.in_hand:
        said.append(f"{_lines(done.in_hand)} on pages that somebody has in hand: offered later.")
    if done.dropped:
        said.append(f"{_lines(done.dropped)} answered, reviewed or read again meanwhile.")
    return " ".join(said)


def _lines(number: int) -> str:
    return f"{number} line is" if number == 1 else f"{number} lines are"
