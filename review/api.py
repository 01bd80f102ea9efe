"""Pages with their lines, review tasks and labels over the API: the same services as the pages."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from recognition.api import RoleView
from recognition.models import Page, Prediction
from recognition.permissions import IsAdmin
from recognition.reading import retry_pages
from recognition.serializers import DocumentSerializer, PageFilter, PageSerializer
from review.drafts import DraftEntry, DraftsSaved, keep_refused, save_drafts
from review.exceptions import LeaseLost, NewerDrafts
from review.leases import (
    claim_ahead,
    claim_next,
    claim_refusal,
    claim_task,
    flag_task,
    park_task,
    release_task,
    renew_lease,
    skip_task,
    unflag_task,
)
from review.models import Draft, Label, ReviewTask
from review.ocr_instead import read_instead
from review.queue_state import brief_queue, queue_for
from review.refile import refile_document
from review.serializers import (
    DraftConflictSerializer,
    DraftSerializer,
    DraftsRefusedSerializer,
    DraftsSerializer,
    HeldTaskSerializer,
    LabelFilter,
    LabelSerializer,
    LeaseRenewedSerializer,
    LeaseSerializer,
    LineSerializer,
    NextTaskSerializer,
    ReasonedSerializer,
    ReasonSerializer,
    RefileSerializer,
    ReviewTaskSerializer,
    SavedSerializer,
    StaleLineSerializer,
    SubmissionSerializer,
    SubmitRefusedSerializer,
    TaskFilter,
)
from review.services import LineEntry, reopen_page, submit_page
from review.stale import keep_stale_submit
from review.undo import undo_submit

DRAFTS_CONFLICT = "Another window of yours has changed some lines since; see `conflicts`."


class PageViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, RoleView):
    """Pages, and the lines on them."""

    serializer_class = PageSerializer
    filter_serializer = PageFilter
    queryset = Page.objects.all()

    def get_queryset(self) -> QuerySet[Page]:
        return Page.objects.visible_to(self.request.user).select_related("document")

    @extend_schema(parameters=[PageFilter])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List pages."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=LineSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def lines(self, request: Request, pk: str) -> Response:
        """All lines of a page in reading order, each with its text, provenance and label."""
        page = self.get_object()
        lines = list(page.lines.current())
        of_page = {"line__page": page.pk, "line__retired_at": None}
        predictions = list(Prediction.objects.of_reading(page).filter(**of_page))
        for prediction in predictions:
            prediction.model_version = page.model_version  # the one that read them all
        readable = Label.objects.all()  # the page itself may be seen
        if not self.asks_admin:
            readable = readable.unspoilt_for(request.user)
        labels = (
            readable.current()
            .filter(line__in=[line.pk for line in lines])
            .select_related("line", "reviewer", "base_prediction")
            .defer("base_prediction__characters")
        )
        context = {
            **self.get_serializer_context(),
            "predictions": {prediction.line_id: prediction for prediction in predictions},
            "labels": {label.line_id: label for label in labels},
        }
        return Response(LineSerializer(lines, many=True, context=context).data)

    @extend_schema(request=None, responses=PageSerializer)
    @action(detail=True, methods=["post"], permission_classes=[IsAdmin])
    def retry(self, request: Request, pk: str) -> Response:
        """Try a page that failed again."""
        page = self.get_object()
        retry_pages(pages=[page], actor=self.person)
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=None, responses=PageSerializer)
    @action(detail=True, methods=["post"], permission_classes=[IsAdmin])
    def ocr(self, request: Request, pk: str) -> Response:
        """Have a page read whose text was taken from its PDF, where nobody has worked on it."""
        read_instead(page=self.get_object(), actor=self.person)
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=ReasonSerializer, responses=PageSerializer)
    @action(detail=True, methods=["post"], permission_classes=[IsAdmin])
    def reopen(self, request: Request, pk: str) -> Response:
        """Send a reviewed or accepted page to review again."""
        form = ReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        reopen_page(page=self.get_object(), actor=self.person, reason=form.validated_data["reason"])
        return Response(self.get_serializer(self.get_object()).data)


class ReviewTaskViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, RoleView):
    """Pages that wait for people, and the work on them.

    Claim one with `next` or `claim`; bring its `token` to `heartbeat` within the lease, and to
    `submit`, `skip`, `flag`, `park` or `release` in the end.
    """

    serializer_class = ReviewTaskSerializer
    filter_serializer = TaskFilter
    permission_classes = [IsAuthenticated]
    queryset = ReviewTask.objects.all()

    def get_queryset(self) -> QuerySet[ReviewTask]:
        rows = ReviewTask.objects.visible_to(self.request.user)
        return rows.with_what_is_told(admin=self.asks_admin)

    @extend_schema(parameters=[TaskFilter])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List tasks."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=None, responses=NextTaskSerializer)
    @action(detail=False, methods=["post"])
    def next(self, request: Request) -> Response:
        """Claim a page: the one you hold already, else the next of the queue."""
        task = claim_next(self.person)
        return self._handed_out(task)

    @extend_schema(request=None, responses=NextTaskSerializer)
    @action(detail=False, methods=["post"])
    def ahead(self, request: Request) -> Response:
        """Hold the page after the one you work on ready; `next` hands it to you."""
        task = claim_ahead(self.person)
        return self._handed_out(task)

    @extend_schema(request=None, responses=HeldTaskSerializer)
    @action(detail=True, methods=["post"])
    def claim(self, request: Request, pk: str) -> Response:
        """Claim this very page, if it is free or yours."""
        asked = self.get_object()
        task = claim_task(asked.pk, self.person)
        if task is None:
            refusal = claim_refusal(asked, self.person)
            raise LeaseLost(refusal or "Somebody else holds this page, or it is done.")
        held = HeldTaskSerializer(self._one(task.pk), context=self.get_serializer_context())
        return Response(held.data)

    @extend_schema(methods=["get"], responses=DraftSerializer(many=True), filters=False)
    @extend_schema(
        methods=["put"],
        request=DraftsSerializer,
        responses={200: SavedSerializer, 409: DraftsRefusedSerializer},
    )
    @action(detail=True, methods=["get", "put"], pagination_class=None)
    def drafts(self, request: Request, pk: str) -> Response:
        """What you have typed on a task and not submitted: read it, or keep some lines."""
        task = self.get_object()
        if request.method == "GET":
            mine = Draft.objects.of(task, request.user).order_by("line__position")
            return Response(DraftSerializer(mine, many=True).data)
        form = DraftsSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        saved = save_drafts(
            task=task, user=self.person, entries=_drafts(form.validated_data["lines"])
        )
        if not saved.conflicts:
            return Response({"revisions": saved.revisions})
        return _draft_conflict(saved)

    @extend_schema(request=LeaseSerializer, responses=LeaseRenewedSerializer)
    @action(detail=True, methods=["post"])
    def heartbeat(self, request: Request, pk: str) -> Response:
        """Put the lease's end off."""
        task = renew_lease(task_id=self._mine().pk, token=self._token())
        return Response(LeaseRenewedSerializer(task).data)

    @extend_schema(
        request=SubmissionSerializer,
        responses={200: ReviewTaskSerializer, 409: SubmitRefusedSerializer},
    )
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, pk: str) -> Response:
        """Turn every line of the page into a label.

        409 `lease_lost` where the page is not yours any more: what was sent is kept as your
        drafts, and both versions come back. 409 `draft_conflict` where you have newer drafts that
        this submit does not know. 422 where lines cannot be taken, with the reason for each: where
        somebody has labelled one since `said`, both versions, and the `said` to send it again with.
        """
        task = get_object_or_404(ReviewTask.objects.visible_to(request.user), pk=pk)
        form = SubmissionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        sent = form.validated_data
        entries = {
            entry["line"]: LineEntry(text=entry["text"], verdict=entry["verdict"])
            for entry in sent["lines"]
        }
        drafts = _drafts(sent["lines"])
        try:
            done = submit_page(
                task_id=task.pk,
                token=sent["token"],
                user=self.person,
                entries=entries,
                seconds=sent["seconds"],
                revisions={entry["line"]: entry["revision"] for entry in sent["lines"]},
                said=sent.get("said"),
            )
        except NewerDrafts as error:
            keep_refused(task=task, user=self.person, conflicts=error.conflicts)
            return _draft_conflict(DraftsSaved({}, error.conflicts))
        except LeaseLost as error:
            stale = keep_stale_submit(task=task, user=self.person, entries=drafts)
            return Response(
                {
                    "code": error.code,
                    "message": error.message,
                    "lines": StaleLineSerializer(stale.lines, many=True).data,
                    **_told(stale.saved),
                },
                status=status.HTTP_409_CONFLICT,
            )
        return Response(self.get_serializer(done).data)

    @extend_schema(request=ReasonedSerializer, responses=ReviewTaskSerializer)
    @action(detail=True, methods=["post"])
    def skip(self, request: Request, pk: str) -> Response:
        """Pass a page on to others, and say why."""
        task, sent = self._reasoned()
        skip_task(task_id=task.pk, user=self.person, **sent)
        return Response(self.get_serializer(self._one(task.pk)).data)

    @extend_schema(request=ReasonedSerializer, responses=ReviewTaskSerializer)
    @action(detail=True, methods=["post"])
    def flag(self, request: Request, pk: str) -> Response:
        """Set a page aside for an admin, and say why."""
        task, sent = self._reasoned()
        flag_task(task_id=task.pk, user=self.person, **sent)
        return Response(self.get_serializer(self._one(task.pk)).data)

    @extend_schema(request=None, responses=HeldTaskSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Take your own submit back, within ten minutes: the page is yours again."""
        task = undo_submit(task_id=self.get_object().pk, user=self.person)
        held = HeldTaskSerializer(self._one(task.pk), context=self.get_serializer_context())
        return Response(held.data)

    @extend_schema(request=LeaseSerializer, responses=ReviewTaskSerializer)
    @action(detail=True, methods=["post"])
    def park(self, request: Request, pk: str) -> Response:
        """Put a page aside for yourself, for a day; `claim` takes it up again."""
        task = self._mine()
        park_task(task_id=task.pk, token=self._token(), user=self.person)
        return Response(self.get_serializer(self._one(task.pk)).data)

    @extend_schema(request=LeaseSerializer, responses=ReviewTaskSerializer)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: str) -> Response:
        """Give a page back unfinished; your drafts stay."""
        task = self._mine()
        release_task(task_id=task.pk, token=self._token())
        return Response(self.get_serializer(self._one(task.pk)).data)

    @extend_schema(request=None, responses=ReviewTaskSerializer)
    @action(detail=True, methods=["post"], permission_classes=[IsAdmin])
    def unflag(self, request: Request, pk: str) -> Response:
        """Give a flagged page back to the queue."""
        task = self.get_object()
        unflag_task(task_id=task.pk, actor=self.person)
        return Response(self.get_serializer(self._one(task.pk)).data)

    @extend_schema(request=RefileSerializer, responses=DocumentSerializer)
    @action(detail=True, methods=["post"], permission_classes=[IsAdmin])
    def refile(self, request: Request, pk: str) -> Response:
        """File the page's document, with all its pages, under another type, and read it anew.

        409 `not_refilable` where pages of it are reviewed, read or held at this moment, or where
        the type has this very file already.
        """
        document = self.get_object().page.document
        form = RefileSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        moved = refile_document(
            document=document,
            document_type=form.validated_data["document_type"],
            actor=self.person,
        )
        return Response(DocumentSerializer(moved).data)

    def _handed_out(self, task: ReviewTask | None) -> Response:
        """A page and the queue beside it; where there is none, the queue says why."""
        queue = brief_queue(self.person) if task else queue_for(self.person)
        answer = {"task": task, "queue": queue}
        return Response(NextTaskSerializer(answer, context=self.get_serializer_context()).data)

    def _one(self, task_id: int) -> ReviewTask:
        """The task as it is after the write."""
        return self.get_queryset().get(pk=task_id)

    def _mine(self) -> ReviewTask:
        """The task, held by who asks. Raises LeaseLost; the token is checked by the service."""
        task: ReviewTask = self.get_object()
        if task.reviewer_id != self.person.pk:
            raise LeaseLost("This page is not yours any more. What you typed is kept.")
        return task

    def _token(self) -> UUID:
        form = LeaseSerializer(data=self.request.data)
        form.is_valid(raise_exception=True)
        token: UUID = form.validated_data["token"]
        return token

    def _reasoned(self) -> tuple[ReviewTask, dict[str, Any]]:
        task = self._mine()
        form = ReasonedSerializer(data=self.request.data)
        form.is_valid(raise_exception=True)
        return task, form.validated_data


class LabelViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, RoleView):
    """What people said lines read. Append-only."""

    serializer_class = LabelSerializer
    filter_serializer = LabelFilter
    queryset = Label.objects.all()

    def get_queryset(self) -> QuerySet[Label]:
        rows = Label.objects.readable_by(self.request.user)
        return rows.select_related("line", "reviewer", "base_prediction").defer(
            "base_prediction__characters"
        )

    @extend_schema(parameters=[LabelFilter])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List labels, the oldest first."""
        return super().list(request, *args, **kwargs)


def _drafts(lines: list[dict[str, Any]]) -> list[DraftEntry]:
    return [
        DraftEntry(
            line_id=line["line"],
            text=line["text"],
            verdict=line["verdict"],
            revision=line["revision"],
        )
        for line in lines
    ]


def _draft_conflict(saved: DraftsSaved) -> Response:
    return Response(
        {"code": "draft_conflict", "message": DRAFTS_CONFLICT, **_told(saved)},
        status=status.HTTP_409_CONFLICT,
    )


def _told(saved: DraftsSaved) -> dict[str, Any]:
    return {
        "revisions": saved.revisions,
        "conflicts": DraftConflictSerializer(saved.conflicts, many=True).data,
    }
