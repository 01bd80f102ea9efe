"""Addresses of the pages on models and training runs."""

from django.urls import path

from training import views

urlpatterns = [
    path("models/", views.model_list, name="model_list"),
    path("models/rollback/", views.model_rollback, name="model_rollback"),
    path("models/<int:version_id>/", views.model_detail, name="model_detail"),
    path(
        "models/<int:version_id>/reliability/<theme:theme>.svg",
        views.model_reliability,
        name="model_reliability",
    ),
    path("models/<int:version_id>/activate/", views.model_activate, name="model_activate"),
    path("runs/", views.run_list, name="run_list"),
    path("runs/start/", views.run_start, name="run_start"),
    path("runs/schedule/", views.schedule_edit, name="schedule_edit"),
    path("runs/<int:run_id>/", views.run_detail, name="run_detail"),
    path("runs/<int:run_id>/cancel/", views.run_cancel, name="run_cancel"),
    path("runs/<int:run_id>/curve-<theme:theme>.svg", views.run_curve, name="run_curve"),
]
