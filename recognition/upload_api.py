"""Large files in parts over the API, for programs and for the site's own upload page."""

from typing import Any, cast

from django.db.models import QuerySet
from django.http import HttpRequest
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from recognition.api import RoleView
from recognition.models import Batch, PartialUpload
from recognition.outcomes import outcome_of
from recognition.parts import (
    BLOCK_BYTES,
    Body,
    begin_upload,
    drop_upload,
    finish_upload,
    offset_of,
    take_part,
)
from recognition.permissions import IsAdmin


class PartParser(BaseParser):
    """Leaves the request's bytes where they are: a part is read as it is written."""

    media_type = "application/offset+octet-stream"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return stream


class PartialUploadSerializer(serializers.ModelSerializer[PartialUpload]):
    """A file on its way. Send parts of `block_bytes` to its address, from `offset` on."""

    id = serializers.UUIDField(source="token", read_only=True)
    batch = serializers.PrimaryKeyRelatedField[Batch](queryset=Batch.objects.none())
    offset = serializers.SerializerMethodField()
    block_bytes = serializers.SerializerMethodField()
    sha256 = serializers.RegexField(r"^[0-9a-fA-F]{64}$", required=False)

    class Meta:
        model = PartialUpload
        fields = (
            "id",
            "batch",
            "filename",
            "size_bytes",
            "fingerprint",
            "sha256",
            "offset",
            "block_bytes",
            "status",
            "document",
        )
        read_only_fields = ("status", "document")

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None:
            cast(Any, fields["batch"]).queryset = Batch.objects.visible_to(request.user)
        return fields

    def get_offset(self, upload: PartialUpload) -> int:
        """Bytes that are here."""
        return offset_of(upload)

    def get_block_bytes(self, upload: PartialUpload) -> int:
        """Size of the blocks that `blocks` is made of; a good size for parts."""
        return BLOCK_BYTES


class ProofSerializer(serializers.Serializer[Any]):
    """Proof that what arrived is what was sent."""

    blocks = serializers.RegexField(
        r"^[0-9a-fA-F]{64}$",
        required=False,
        help_text="SHA-256 (hex) of the joined SHA-256s (32 bytes each) of the file's blocks.",
    )


class OutcomeSerializer(serializers.Serializer[Any]):
    """What became of the file."""

    document = serializers.IntegerField()
    filename = serializers.CharField()
    outcome = serializers.ChoiceField(choices=["stored", "duplicate", "failed"])
    code = serializers.CharField()
    message = serializers.CharField()
    url = serializers.CharField()


class PartialUploadViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, RoleView):
    """Your large files on their way, in parts.

    Begin one (or find it again by its `fingerprint`), PATCH parts to it, each with the header
    `Upload-Offset`, ask it for `offset` after a break, and `finish` it.
    """

    serializer_class = PartialUploadSerializer
    permission_classes = [IsAdmin]
    queryset = PartialUpload.objects.all()
    lookup_field = "token"
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[PartialUpload]:
        return PartialUpload.objects.filter(owner=self.person).select_related(
            "batch__document_type", "document__duplicate_of__batch"
        )

    @extend_schema(request=PartialUploadSerializer, responses={201: PartialUploadSerializer})
    def create(self, request: Request) -> Response:
        """Begin a file, or find the one begun earlier: then `offset` says where to go on."""
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        upload = begin_upload(owner=self.person, **form.validated_data)
        return Response(self.get_serializer(upload).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        request={PartParser.media_type: OpenApiTypes.BINARY},
        responses=PartialUploadSerializer,
        parameters=[OpenApiParameter("Upload-Offset", int, OpenApiParameter.HEADER, required=True)],
    )
    def partial_update(self, request: Request, token: str) -> Response:
        """Send a part; it begins at `Upload-Offset`, which is where the file ends here."""
        upload = self.get_object()
        offset = request.headers.get("Upload-Offset", "")
        if not offset.isdecimal():
            raise serializers.ValidationError({"Upload-Offset": ["Give a whole number of bytes."]})
        body = cast(Body, cast(HttpRequest, request))
        end = take_part(upload, offset=int(offset), body=body)
        upload.refresh_from_db()
        shown = self.get_serializer(upload).data
        return Response(shown, headers={"Upload-Offset": str(end)})

    def get_parsers(self) -> list[BaseParser]:
        return [PartParser(), JSONParser()]

    @extend_schema(request=None, responses={204: None})
    def destroy(self, request: Request, token: str) -> Response:
        """Drop an unfinished file."""
        drop_upload(self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=ProofSerializer, responses=OutcomeSerializer)
    @action(detail=True, methods=["post"])
    def finish(self, request: Request, token: str) -> Response:
        """Make the whole file a document; the same again where it is one already."""
        form = ProofSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        document = finish_upload(self.get_object(), **form.validated_data)
        return Response({"document": document.pk, **outcome_of(document).as_json()})
