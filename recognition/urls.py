"""Addresses of this app."""

from django.urls import path

from recognition import image_views, type_views, views

urlpatterns = [
    path("batches/", views.batch_list, name="batch_list"),
    path("batches/new/", views.batch_create, name="batch_create"),
    path("batches/<int:batch_id>/", views.batch_detail, name="batch_detail"),
    path("batches/<int:batch_id>/progress/", views.batch_progress, name="batch_progress"),
    path("batches/<int:batch_id>/files/", views.batch_add_file, name="batch_add_file"),
    path("batches/<int:batch_id>/retry/", views.batch_retry, name="batch_retry"),
    path("documents/<int:document_id>/retry/", views.document_retry, name="document_retry"),
    path("pages/<int:page_id>/retry/", views.page_retry, name="page_retry"),
    path("pages/<int:page_id>/image/", image_views.page_image, name="page_image"),
    path("pages/<int:page_id>/thumbnail/", image_views.page_thumbnail, name="page_thumbnail"),
    path("lines/<int:line_id>/crop/", image_views.line_crop, name="line_crop"),
    path("types/", type_views.type_list, name="type_list"),
    path("types/new/", type_views.type_create, name="type_create"),
    path("types/characters/", type_views.type_characters, name="type_characters"),
    path("types/<int:type_id>/", type_views.type_edit, name="type_edit"),
]
