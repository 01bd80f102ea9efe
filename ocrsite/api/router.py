"""What lies below /api/v1/."""

from rest_framework.routers import DefaultRouter

from recognition.api import BatchViewSet, DocumentTypeViewSet, DocumentViewSet
from recognition.upload_api import PartialUploadViewSet
from review.api import LabelViewSet, PageViewSet, ReviewTaskViewSet
from review.proposals.api import ProposalRoundViewSet, ProposalSetViewSet
from training.alert_api import AlertViewSet
from training.api import (
    ModelVersionViewSet,
    QueueArmsViewSet,
    TrainingRunViewSet,
    TrialViewSet,
)
from training.canary_api import CanaryViewSet

router = DefaultRouter(use_regex_path=False)
router.include_format_suffixes = False
router.register("document-types", DocumentTypeViewSet, basename="api-document-type")
router.register("batches", BatchViewSet, basename="api-batch")
router.register("documents", DocumentViewSet, basename="api-document")
router.register("uploads", PartialUploadViewSet, basename="api-upload")
router.register("pages", PageViewSet, basename="api-page")
router.register("review-tasks", ReviewTaskViewSet, basename="api-review-task")
router.register("labels", LabelViewSet, basename="api-label")
router.register("proposals", ProposalSetViewSet, basename="api-proposal")
router.register("proposal-rounds", ProposalRoundViewSet, basename="api-proposal-round")
router.register("models", ModelVersionViewSet, basename="api-model")
router.register("training-runs", TrainingRunViewSet, basename="api-training-run")
router.register("trials", TrialViewSet, basename="api-trial")
router.register("queue-arms", QueueArmsViewSet, basename="api-queue-arms")
router.register("canaries", CanaryViewSet, basename="api-canary")
router.register("alerts", AlertViewSet, basename="api-alert")
