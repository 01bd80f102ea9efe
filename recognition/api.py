"""Document types, batches and documents over the API: the same services as the pages."""

from functools import cached_property
from typing import Any, cast

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from recognition.document_types import save_type
from recognition.exceptions import FileRefused
from recognition.image_views import page_image
from recognition.intake import add_file, create_batch, retry_document
from recognition.models import Batch, Document, DocumentType
from recognition.permissions import IsAdmin, IsAdminOrReads
from recognition.querysets import is_admin
from recognition.retries import retry_batch
from recognition.serializers import (
    BatchFilter,
    BatchSerializer,
    DocumentFilter,
    DocumentSerializer,
    DocumentTypeSerializer,
    RetriedSerializer,
    UploadedSerializer,
    UploadSerializer,
)


class RoleView(viewsets.GenericViewSet[Any]):
    """Knows once for a request whether an admin asks; serializers read it as `context["admin"]`."""

    filter_serializer: type[serializers.Serializer[Any]] | None = None

    @cached_property
    def asks_admin(self) -> bool:
        return is_admin(self.request.user)

    @property
    def person(self) -> User:
        """Who asks; permissions have let nobody in who is not signed in."""
        return cast(User, self.request.user)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "admin": self.asks_admin}

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """By the query's parameters, in lists only; one that means nothing is an error."""
        if self.filter_serializer is None or self.action != "list":
            return queryset
        chosen = self.filter_serializer(data=self.request.query_params)
        chosen.is_valid(raise_exception=True)
        return queryset.filter(**chosen.validated_data)


class DocumentTypeViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    mixins.UpdateModelMixin,
    RoleView,
):
    """Kinds of documents, with the policy of each."""

    serializer_class = DocumentTypeSerializer
    permission_classes = [IsAdminOrReads]
    queryset = DocumentType.objects.all()
    http_method_names = ["get", "post", "patch", "head", "options"]

    def get_queryset(self) -> QuerySet[DocumentType]:
        return DocumentType.objects.visible_to(self.request.user).prefetch_related("groups")

    def perform_create(self, serializer: serializers.BaseSerializer[DocumentType]) -> None:
        self._save(serializer, DocumentType())

    def perform_update(self, serializer: serializers.BaseSerializer[DocumentType]) -> None:
        self._save(serializer, self.get_object())

    def _save(
        self, serializer: serializers.BaseSerializer[DocumentType], row: DocumentType
    ) -> None:
        """Through the service, which keeps the trail."""
        fields = dict(serializer.validated_data)
        groups = fields.pop("groups", None)
        if groups is None:
            groups = row.groups.all() if row.pk else []
        for name, value in fields.items():
            setattr(row, name, value)
        serializer.instance = save_type(row, groups=list(groups), actor=self.person)


class BatchViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, RoleView):
    """What was uploaded in one go, and how far it is."""

    serializer_class = BatchSerializer
    filter_serializer = BatchFilter
    permission_classes = [IsAdminOrReads]
    queryset = Batch.objects.all()

    def get_queryset(self) -> QuerySet[Batch]:
        rows = Batch.objects.visible_to(self.request.user).with_page_counts()
        return rows.select_related("created_by")

    @extend_schema(parameters=[BatchFilter])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List batches, the newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=BatchSerializer, responses={201: BatchSerializer})
    def create(self, request: Request) -> Response:
        """Make an empty batch; add files to it one by one or many at once."""
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        batch = create_batch(**form.validated_data, actor=self.person)
        shown = self.get_serializer(self.get_queryset().get(pk=batch.pk))
        return Response(shown.data, status=status.HTTP_201_CREATED)

    @extend_schema(request=UploadSerializer, responses={201: UploadedSerializer})
    @action(detail=True, methods=["post"], parser_classes=[MultiPartParser])
    def files(self, request: Request, pk: str) -> Response:
        """Add files to a batch.

        Each comes back as a document whose status tells what became of it. An error answers only
        where nothing of any file could be kept.
        """
        batch = self.get_object()
        form = UploadSerializer(data={"files": request.FILES.getlist("files")})
        form.is_valid(raise_exception=True)
        documents: list[Document] = []
        refused: list[tuple[str, FileRefused]] = []
        for file in form.validated_data["files"]:
            try:
                documents.append(add_file(batch=batch, filename=file.name, chunks=file.chunks()))
            except FileRefused as error:
                refused.append((file.name, error))
        if not documents:
            raise refused[0][1]
        answer = {
            "documents": documents,
            "refused": [
                {"filename": name, "code": error.code, "message": error.message}
                for name, error in refused
            ],
        }
        shown = UploadedSerializer(answer, context=self.get_serializer_context())
        return Response(shown.data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=RetriedSerializer)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Try everything of a batch that failed again."""
        retried = retry_batch(batch=self.get_object(), actor=self.person)
        return Response(RetriedSerializer(retried).data)


class DocumentViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, RoleView):
    """Uploaded files."""

    serializer_class = DocumentSerializer
    filter_serializer = DocumentFilter
    permission_classes = [IsAdminOrReads]
    queryset = Document.objects.all()

    def get_queryset(self) -> QuerySet[Document]:
        rows: QuerySet[Document] = Document.objects.visible_to(self.request.user)
        return rows

    @extend_schema(parameters=[DocumentFilter])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List documents."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=None, responses=DocumentSerializer)
    @action(detail=True, methods=["post"], permission_classes=[IsAdmin])
    def retry(self, request: Request, pk: str) -> Response:
        """Try a document that failed again."""
        document = self.get_object()
        retry_document(document=document, actor=self.person)
        document.refresh_from_db()
        return Response(self.get_serializer(document).data)


class PageImageView(APIView):
    """The bytes of a page's image."""

    @extend_schema(
        responses={200: OpenApiResponse(OpenApiTypes.BINARY, description="The stored image.")}
    )
    def get(self, request: Request, page_id: int) -> HttpResponseBase:
        """Fetch a page's image."""
        return page_image(cast(HttpRequest, request), page_id)
