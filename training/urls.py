"""Addresses of the pages on models and training runs."""

from django.urls import path

from training import (
    alert_views,
    canary_views,
    compare_views,
    dispute_views,
    type_views,
    views,
)

urlpatterns = [
    path("models/", views.model_list, name="model_list"),
    path("models/rollback/", views.model_rollback, name="model_rollback"),
    path("models/compare/", compare_views.model_compare, name="model_compare"),
    path("models/<int:version_id>/", views.model_detail, name="model_detail"),
    path(
        "models/<int:version_id>/reliability/<theme:theme>.svg",
        views.model_reliability,
        name="model_reliability",
    ),
    path("models/<int:version_id>/activate/", views.model_activate, name="model_activate"),
    path("models/<int:version_id>/reread/", views.model_reread, name="model_reread"),
    path(
        "models/<int:version_id>/rereading/", canary_views.model_rereading, name="model_rereading"
    ),
    path("models/<int:version_id>/canary/", canary_views.canary_start, name="canary_start"),
    path("canaries/<int:canary_id>/share/", canary_views.canary_share, name="canary_share"),
    path("canaries/<int:canary_id>/promote/", canary_views.canary_promote, name="canary_promote"),
    path(
        "canaries/<int:canary_id>/withdraw/", canary_views.canary_withdraw, name="canary_withdraw"
    ),
    path("types/<int:type_id>/learning/", type_views.type_learning, name="type_learning"),
    path(
        "types/<int:type_id>/learning/<theme:theme>.svg",
        type_views.type_learning_plot,
        name="type_learning_plot",
    ),
    path(
        "types/<int:type_id>/learning/accuracy-<theme:theme>.svg",
        type_views.type_accuracy_plot,
        name="type_accuracy_plot",
    ),
    path(
        "types/<int:type_id>/learning/arms-<theme:theme>.svg",
        type_views.type_arms_plot,
        name="type_arms_plot",
    ),
    path(
        "types/<int:type_id>/learning/boxes-<theme:theme>.svg",
        type_views.type_boxes_plot,
        name="type_boxes_plot",
    ),
    path("alerts/", alert_views.alert_list, name="alert_list"),
    path(
        "alerts/<int:alert_id>/acknowledge/",
        alert_views.alert_acknowledge,
        name="alert_acknowledge",
    ),
    path("my-work/", type_views.my_work, name="my_work"),
    path("disputes/", dispute_views.dispute_list, name="dispute_list"),
    path("disputes/<int:dispute_id>/uphold/", dispute_views.dispute_uphold, name="dispute_uphold"),
    path(
        "disputes/<int:dispute_id>/correct/", dispute_views.dispute_correct, name="dispute_correct"
    ),
    path("trials/<int:trial_id>/", type_views.trial_detail, name="trial_detail"),
    path("trials/<int:trial_id>/promote/", type_views.trial_promote, name="trial_promote"),
    path("trials/<int:trial_id>/withdraw/", type_views.trial_withdraw, name="trial_withdraw"),
    path("runs/", views.run_list, name="run_list"),
    path("runs/start/", views.run_start, name="run_start"),
    path("runs/schedule/", views.schedule_edit, name="schedule_edit"),
    path("runs/<int:run_id>/", views.run_detail, name="run_detail"),
    path("runs/<int:run_id>/cancel/", views.run_cancel, name="run_cancel"),
    path("runs/<int:run_id>/curve-<theme:theme>.svg", views.run_curve, name="run_curve"),
]
