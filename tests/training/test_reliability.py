"""The reliability diagram: bins by hand, and the page on lines people judged."""

import pytest
from django.test import Client
from django.urls import reverse

from recognition.registry import active_model
from tests.factories import make_admin, make_model, make_page, make_reviewer, submit_as_read
from training.reliability import of_version, reliability


def test_bins_hold_what_was_said_and_seen():
    said = [0.1] * 10 + [0.9] * 10
    right = [True] + [False] * 9 + [True] * 9 + [False]
    found = reliability(said, right)
    assert [part.lines for part in found.bins] == [2] * 10
    assert sum(part.seen * part.lines for part in found.bins) == pytest.approx(10)
    assert found.area == pytest.approx(0.9)
    assert all(part.low <= part.seen <= part.high for part in found.bins)


def test_the_interval_is_wilsons():
    (part,) = reliability([0.5], [True]).bins
    assert (part.low, part.high) == (pytest.approx(0.2065, abs=1e-3), 1.0)


@pytest.mark.django_db
def test_a_version_is_judged_on_what_it_read_and_people_judged():
    version = make_model(active=True)
    client = Client()
    client.force_login(make_admin())
    page_of = reverse("model_detail", args=[version.pk])
    diagram = reverse("model_reliability", args=[version.pk, "dark"])
    assert of_version(version) is None
    assert "Known once people have judged 50 lines" in client.get(page_of).content.decode()
    assert client.get(diagram).status_code == 404
    lines = [(f"line {number}", 0.6 + number / 100) for number in range(30)]
    for wrong in ("line0", "line1"):
        page = make_page(lines=lines, image=False)
        submit_as_read(page, make_reviewer(), **{wrong: "something else"})
    found = of_version(active_model(None))
    assert found is not None
    assert found.lines == 60
    assert sum(part.seen * part.lines for part in found.bins) == pytest.approx(58)
    assert "Tells right from wrong" in client.get(page_of).content.decode()
    assert b"<svg" in client.get(diagram).content
    other = make_model()
    assert of_version(other) is None
    client.force_login(make_reviewer())
    assert client.get(diagram).status_code == 403
