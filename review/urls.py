"""Addresses of this app."""

from django.urls import path

from review import (
    accuracy_views,
    ahead_views,
    export_views,
    key_views,
    line_views,
    page_views,
    performance_views,
    second_views,
    type_views,
    views,
)
from review.proposals import views as proposal_views

urlpatterns = [
    path("types/<int:type_id>/accuracy/", accuracy_views.type_accuracy, name="type_accuracy"),
    path(
        "types/<int:type_id>/accuracy/<theme:theme>.svg",
        accuracy_views.type_accuracy_curve,
        name="type_accuracy_curve",
    ),
    path("types/<int:type_id>/typed/", type_views.type_typed, name="type_typed"),
    path("types/<int:type_id>/reread/", type_views.type_reread, name="type_reread"),
    path("review/", views.review_queue, name="review_queue"),
    path("review/next/", views.review_next, name="review_next"),
    path("review/ahead/", ahead_views.review_ahead, name="review_ahead"),
    path("review/signed-in/", views.signed_in, name="signed_in"),
    path("review/disagreements/", second_views.disagreement_list, name="disagreement_list"),
    path("review/agreement/", second_views.agreement, name="agreement"),
    path("review/<int:task_id>/decide/", second_views.adjudicate, name="adjudicate"),
    path("review/<int:task_id>/waive/", second_views.check_waive, name="check_waive"),
    path("review/me/", performance_views.own_numbers, name="own_numbers"),
    path("review/me/<theme:theme>.svg", performance_views.own_pages_a_day, name="own_pages_a_day"),
    path("review/reviewers/", performance_views.reviewer_list, name="reviewer_list"),
    path("review/reviewers.csv", performance_views.reviewer_csv, name="reviewer_csv"),
    path("review/flagged/", page_views.flagged_list, name="flagged_list"),
    path("review/<int:task_id>/", views.review_task, name="review_task"),
    path("review/<int:task_id>/drafts/", views.review_drafts, name="review_drafts"),
    path("review/<int:task_id>/heartbeat/", views.review_heartbeat, name="review_heartbeat"),
    path("review/<int:task_id>/leave/", views.review_leave, name="review_leave"),
    path("review/keys/", key_views.review_keys, name="review_keys"),
    path("review/<int:task_id>/lines/", line_views.review_lines, name="review_lines"),
    path("review/<int:task_id>/lines/mark/", line_views.review_line_mark, name="review_line_mark"),
    path("review/<int:task_id>/lines/read/", line_views.review_read_lines, name="review_read"),
    path("review/<int:task_id>/turn/", line_views.review_turn, name="review_turn"),
    path("review/<int:task_id>/submit/", views.review_submit, name="review_submit"),
    path("review/<int:task_id>/skip/", views.review_skip, name="review_skip"),
    path("review/<int:task_id>/flag/", views.review_flag, name="review_flag"),
    path("review/<int:task_id>/undo/", ahead_views.review_undo, name="review_undo"),
    path("review/<int:task_id>/park/", views.review_park, name="review_park"),
    path("review/<int:task_id>/release/", views.review_release, name="review_release"),
    path("review/<int:task_id>/unflag/", page_views.task_unflag, name="task_unflag"),
    path("review/<int:task_id>/refile/", page_views.task_refile, name="task_refile"),
    path("review/<int:task_id>/alike/", proposal_views.proposals_of_task, name="proposals_of_task"),
    path("proposals/", proposal_views.proposal_list, name="proposal_list"),
    path("proposals/<int:set_id>/", proposal_views.proposal_set, name="proposal_set"),
    path(
        "proposals/<int:proposal_id>/picture/",
        proposal_views.proposal_picture,
        name="proposal_picture",
    ),
    path(
        "proposals/rounds/<int:round_id>/undo/", proposal_views.proposal_undo, name="proposal_undo"
    ),
    path(
        "batches/<int:batch_id>/export.<str:format>",
        export_views.batch_export,
        name="batch_export",
    ),
    path("pages/<int:page_id>/", page_views.page_detail, name="page_detail"),
    path("pages/<int:page_id>/ocr/", page_views.page_ocr, name="page_ocr"),
    path("lines/<int:line_id>/restore/", page_views.line_restore, name="line_restore"),
    path("pages/<int:page_id>/reopen/", page_views.page_reopen, name="page_reopen"),
]
