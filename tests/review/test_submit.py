"""Submitting a page, in time and too late: no typing is ever dropped."""

from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from review.leases import claim_task
from review.models import Draft, Label, RefusedDraft, ReviewTask
from review.relabel import relabel_line
from review.services import reopen_page
from review.states import TaskStatus, Verdict
from review.text import MAX_TEXT, TOO_LONG
from review.undo import restore_line
from tests import factories
from tests.review.helpers import entry, expire, first_line, form_of, post_drafts

pytestmark = pytest.mark.django_db


def test_submitting_makes_labels_and_goes_to_the_next_page(
    site: Client, held: ReviewTask, reviewer: User
) -> None:
    following = factories.make_task()
    form = form_of(held, line0="Total 12.58")
    answer = site.post(reverse("review_submit", args=[held.pk]), form)
    assert answer["Location"] == reverse("review_task", args=[following.pk])
    labels = {label.line_id: label for label in Label.objects.current()}
    assert [labels[line.pk].verdict for line in held.page.lines.current()] == [
        Verdict.CORRECTED,
        Verdict.CONFIRMED,
    ]
    held.refresh_from_db()
    assert held.status == TaskStatus.DONE
    assert held.seconds == 12.5


def test_submitting_twice_is_done_once(site: Client, held: ReviewTask) -> None:
    form = form_of(held)
    address = reverse("review_submit", args=[held.pk])
    assert site.post(address, form).status_code == 302
    assert site.post(address, form).status_code == 302
    assert Label.objects.count() == 2


def test_after_the_last_page_comes_the_queue(site: Client, held: ReviewTask) -> None:
    answer = site.post(reverse("review_submit", args=[held.pk]), form_of(held))
    assert answer["Location"] == reverse("review_queue")


def test_a_script_is_told_where_the_next_page_is(site: Client, held: ReviewTask) -> None:
    address = reverse("review_submit", args=[held.pk])
    answer = site.post(address, form_of(held), headers={"Accept": "application/json"})
    assert answer.json() == {"next": reverse("review_queue")}


def test_a_line_without_text_or_reason_comes_back_with_all_that_was_typed(
    site: Client, held: ReviewTask
) -> None:
    form = form_of(held, line0="  ", line1="kept as typed")
    address = reverse("review_submit", args=[held.pk])
    answer = site.post(address, form)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "Type what the line says" in html
    assert 'value="kept as typed"' in html
    told = site.post(address, form, headers={"Accept": "application/json"})
    assert told.status_code == 422
    assert list(told.json()["lines"]) == [str(first_line(held))]
    assert not Label.objects.exists()
    assert "kept as typed" in Draft.objects.values_list("text", flat=True)


def test_a_line_that_is_too_long_comes_back_whole_and_is_not_cut(
    site: Client, held: ReviewTask
) -> None:
    typed = "a" * (MAX_TEXT + 1)
    form = form_of(held, line0=typed)
    address = reverse("review_submit", args=[held.pk])
    told = site.post(address, form, headers={"Accept": "application/json"})
    assert told.status_code == 422
    assert told.json()["lines"] == {str(first_line(held)): TOO_LONG}
    answer = site.post(address, form)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert TOO_LONG in html
    assert f'value="{typed}" maxlength="{MAX_TEXT}"' in html
    assert not Label.objects.exists()
    assert Draft.objects.get(line=first_line(held)).text == typed


def test_a_line_may_be_illegible(site: Client, held: ReviewTask) -> None:
    form = form_of(held, line0="")
    form[f"line-{first_line(held)}-verdict"] = "illegible"
    assert site.post(reverse("review_submit", args=[held.pk]), form).status_code == 302
    label = Label.objects.get(line=first_line(held))
    assert (label.verdict, label.text) == (Verdict.ILLEGIBLE, "")


def test_a_stale_submit_shows_both_versions(site: Client, held: ReviewTask, reviewer: User) -> None:
    form = form_of(held, line0="my version", line1="<b>also mine</b>")
    expire(held)
    factories.submit_as_read(
        held.page, factories.make_reviewer(username="omar"), line0="their version"
    )
    address = reverse("review_submit", args=[held.pk])
    told = site.post(address, form, headers={"Accept": "application/json"})
    assert told.status_code == 409
    answer = site.post(address, form)
    assert answer.status_code == 409
    html = answer.content.decode()
    for shown in ("my version", "their version", "omar", "&lt;b&gt;also mine&lt;/b&gt;"):
        assert shown in html
    kept = set(Draft.objects.of(held, reviewer).values_list("text", flat=True))
    assert kept == {"my version", "<b>also mine</b>"}
    assert Label.objects.current().get(line=first_line(held)).text == "their version"
    history = site.get(reverse("page_detail", args=[held.page_id])).content.decode()
    assert "typed and not submitted" in history


def test_a_late_submit_that_clashes_with_a_newer_draft_is_kept_beside_it(
    site: Client, held: ReviewTask, reviewer: User
) -> None:
    line = first_line(held)
    form = form_of(held, line0="from window one")
    post_drafts(site, held, reviewer, entry(line, "from window two"))
    expire(held)
    factories.submit_as_read(held.page, factories.make_reviewer(username="omar"))
    address = reverse("review_submit", args=[held.pk])
    for _ in range(2):  # sent again, it is kept once
        answer = site.post(address, form)
        assert answer.status_code == 409
        html = answer.content.decode()
        assert "from window one" in html
        assert "from window two" in html
    assert Draft.objects.of(held, reviewer).get(line=line).text == "from window two"
    assert RefusedDraft.objects.of(held, reviewer).get().text == "from window one"
    history = reverse("page_detail", args=[held.page_id])
    for shown in ("from window one", "from window two"):
        assert shown in site.get(history).content.decode()
    stranger = Client()
    stranger.force_login(factories.make_reviewer())
    assert "from window one" not in stranger.get(history).content.decode()


def test_a_second_window_of_a_submitted_page_is_no_repetition(
    site: Client, held: ReviewTask, reviewer: User
) -> None:
    """Both windows hold the page under one token; what the second says must not be dropped."""
    address = reverse("review_submit", args=[held.pk])
    first = form_of(held, line0="from window one")
    second = form_of(held, line0="from window two")
    assert site.post(address, first).status_code == 302
    told = site.post(address, second, headers={"Accept": "application/json"})
    assert told.status_code == 409
    html = site.post(address, second).content.decode()
    assert "from window one" in html
    assert "from window two" in html
    assert Label.objects.current().get(line=first_line(held)).text == "from window one"
    assert Draft.objects.of(held, reviewer).get().text == "from window two"
    history = site.get(reverse("page_detail", args=[held.page_id])).content.decode()
    assert "from window two" in history


def test_a_stale_submit_shows_what_the_new_holder_has_written(
    site: Client, held: ReviewTask, client: Client
) -> None:
    form = form_of(held, line0="my version")
    expire(held)
    omar = factories.make_reviewer(username="omar")
    claim_task(held.pk, omar)
    other = Client()
    other.force_login(omar)
    post_drafts(other, held, omar, entry(first_line(held), "omar is typing"))
    html = site.post(reverse("review_submit", args=[held.pk]), form).content.decode()
    assert "my version" in html
    assert "omar is typing" in html


def test_a_submit_without_a_token_is_refused_and_kept(
    site: Client, held: ReviewTask, reviewer: User
) -> None:
    form = form_of(held, line0="typed")
    del form["token"]
    answer = site.post(reverse("review_submit", args=[held.pk]), form)
    assert answer.status_code == 409
    assert Draft.objects.get(reviewer=reviewer).text == "typed"
    assert b"Go on with the page" in answer.content


def test_a_window_that_does_not_know_a_newer_draft_may_not_label_over_it(
    site: Client, held: ReviewTask, reviewer: User
) -> None:
    line = first_line(held)
    post_drafts(site, held, reviewer, entry(line, "typed in window one"))
    address = reverse("review_submit", args=[held.pk])
    form = form_of(held)  # window two, opened before
    answer = site.post(address, form)
    assert answer.status_code == 422
    assert "typed in window one" in answer.content.decode()
    told = site.post(address, form, headers={"Accept": "application/json"}).json()
    assert told["conflicts"][0]["text"] == "typed in window one"
    assert not Label.objects.exists()
    kept = RefusedDraft.objects.of(held, reviewer).get()
    assert kept.text == form[f"line-{line}-text"]
    form["revisions"] = f"{line}:1"
    assert site.post(address, form).status_code == 302


class TestSaidMeanwhile:
    """What an admin restores or corrects on a page that somebody has open is not labelled over."""

    @pytest.fixture
    def opened(self, reviewer: User) -> ReviewTask:
        """A page opened again and held, on whose first line three things were said."""
        page = factories.make_page()
        factories.submit_as_read(page, factories.make_reviewer(), line0="said first")
        for text in ("said second", "said third"):
            reopen_page(page=page, actor=factories.make_admin(), reason="look again")
            factories.submit_as_read(page, factories.make_reviewer(), line0=text)
        task = reopen_page(page=page, actor=factories.make_admin(), reason="look again")
        found = claim_task(task.pk, reviewer)
        assert found is not None
        return found

    def restored(self, task: ReviewTask) -> Label:
        """The first line as an admin puts it back to what was said at first."""
        line = task.page.lines.current()[0]
        first, *_, known = Label.objects.filter(line=line).order_by("pk")
        return restore_line(
            line=line, actor=factories.make_admin(), known=known.pk, label_id=first.pk
        )

    def drawn(self, site: Client, task: ReviewTask) -> dict[str, Any]:
        """The form as the screen shows it now, sent as it stands."""
        shown = site.get(reverse("review_task", args=[task.pk])).context["screen"]
        texts = {f"line{line.number - 1}": line.text for line in shown.lines}
        return form_of(task, **texts) | {"said": str(shown.said)}

    def test_a_restored_line_is_not_labelled_over_unseen(
        self, site: Client, opened: ReviewTask
    ) -> None:
        form = self.drawn(site, opened)
        label = self.restored(opened)
        address = reverse("review_submit", args=[opened.pk])
        told = site.post(address, form, headers={"Accept": "application/json"})
        assert told.status_code == 422
        (fault,) = told.json()["lines"].values()
        assert "“said first”" in fault
        assert "“said third”" in fault
        assert Label.objects.current().get(line=label.line_id) == label
        form["said"] = str(told.json()["said"])
        assert site.post(address, form).status_code == 302
        assert Label.objects.current().get(line=label.line_id).text == "said third"

    def test_nor_is_a_corrected_one_and_without_a_script_the_screen_says_so(
        self, site: Client, opened: ReviewTask
    ) -> None:
        form = self.drawn(site, opened)
        old = Label.objects.current().get(text="said third")
        label = relabel_line(
            label=old, text="corrected", actor=factories.make_admin(), reason="a disputed label"
        )
        address = reverse("review_submit", args=[opened.pk])
        answer = site.post(address, form)
        assert answer.status_code == 422
        html = answer.content.decode()
        assert "“corrected” was put here" in html
        assert 'value="said third"' in html
        assert f'name="said" value="{label.pk}"' in html
        assert Label.objects.current().get(line=label.line_id) == label
        assert site.post(address, form | {"said": str(label.pk)}).status_code == 302

    def test_what_a_newer_draft_hides_is_said_after_it(
        self, site: Client, opened: ReviewTask, reviewer: User
    ) -> None:
        form = self.drawn(site, opened)
        other = opened.page.lines.current()[1].pk
        post_drafts(site, opened, reviewer, entry(other, "typed in another window"))
        self.restored(opened)
        address = reverse("review_submit", args=[opened.pk])
        html = site.post(address, form).content.decode()
        assert "typed in another window" in html
        assert f'name="said" value="{form["said"]}"' in html  # what was restored is not shown yet
        answer = site.post(address, form | {"revisions": f"{other}:1"})
        assert "“said first” was put here" in answer.content.decode()

    def test_who_sends_what_was_restored_is_not_asked(
        self, site: Client, opened: ReviewTask
    ) -> None:
        form = self.drawn(site, opened)
        label = self.restored(opened)
        form[f"line-{label.line_id}-text"] = "said  first"
        address = reverse("review_submit", args=[opened.pk])
        assert site.post(address, form).status_code == 302


def test_what_no_database_takes_is_left_out_and_the_rest_is_kept(
    site: Client, held: ReviewTask, reviewer: User
) -> None:
    form = form_of(held, line0="typed\x00 too late")
    form["revisions"] = f"{'9' * 5_000}:1 {first_line(held)}:x"
    form["token"] = str(UUID(int=1))
    assert site.post(reverse("review_submit", args=[held.pk]), form).status_code == 409
    assert Draft.objects.of(held, reviewer).get().text == "typed too late"


def test_a_screen_made_for_somebody_else_is_not_submitted_under_my_name(
    site: Client, held: ReviewTask, reviewer: User
) -> None:
    form = form_of(held, line0="not mine") | {"user": str(factories.make_reviewer().pk)}
    address = reverse("review_submit", args=[held.pk])
    told = site.post(address, form, headers={"Accept": "application/json"})
    assert (told.status_code, told.json()["code"]) == (403, "other_user")
    assert not Label.objects.exists()
    assert not Draft.objects.exists()
    form["user"] = str(reviewer.pk)
    assert site.post(address, form, headers={"Accept": "application/json"}).status_code == 200
