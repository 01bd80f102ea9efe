"""What the order by value is worth: the comparison by table and property, and its page."""

import random

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from review.models import ReviewTask
from tests.factories import make_admin, make_page, make_type
from training.arms import FEWEST_PAGES, Arms, Work, arms_of, figures

work = st.lists(
    st.builds(Work, corrected=st.integers(0, 200), seconds=st.floats(1, 3_600)), max_size=60
)


def drawn(rate: float, pages: int, seed: int) -> list[Work]:
    """Pages of a minute on which so many characters are corrected on average."""
    generator = random.Random(seed)
    return [Work(round(generator.expovariate(1 / rate)), 60.0) for _ in range(pages)]


def test_a_rate_is_a_ratio_of_sums_with_its_standard_error():
    found = figures([Work(10, 60.0), Work(0, 120.0), Work(8, 60.0)])
    assert (found.pages, found.corrected, found.minutes) == (3, 18, 4.0)
    assert found.rate == pytest.approx(4.5)
    residuals = (10 - 4.5) ** 2 + (0 - 9.0) ** 2 + (8 - 4.5) ** 2
    assert found.error == pytest.approx((residuals * 3 / 2) ** 0.5 / 4)
    assert figures([]).rate is None


def test_a_gain_that_is_there_is_proven_and_one_that_is_not_is_not():
    better = Arms(figures(drawn(30, 200, 1)), figures(drawn(10, 60, 2)))
    assert better.gain == pytest.approx(3.0, rel=0.4)
    assert better.proven
    same = Arms(figures(drawn(10, 200, 3)), figures(drawn(10, 60, 4)))
    assert same.interval is not None
    assert same.interval[0] < 1 < same.interval[1]
    assert not same.proven


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    """Exponential counts, which are more skewed than pages are: a little less than 95 %."""
    held = 0
    for seed in range(300):
        found = Arms(figures(drawn(20, 120, seed)), figures(drawn(10, FEWEST_PAGES, seed + 1_000)))
        assert found.interval is not None
        held += found.interval[0] <= 2.0 <= found.interval[1]
    assert 0.87 < held / 300 <= 1


@given(work, work)
def test_without_enough_evidence_no_gain_is_told(by_value, at_random):
    found = Arms(figures(by_value), figures(at_random))
    enough = all(
        len(pages) >= FEWEST_PAGES and sum(page.corrected for page in pages) >= 20
        for pages in (by_value, at_random)
    )
    assert (found.gain is not None) is enough
    assert (found.interval is not None) is enough
    if found.interval and found.gain:
        assert found.interval[0] <= found.gain <= found.interval[1]


@pytest.mark.django_db
class TestThePage:
    @pytest.fixture
    def kind(self, client):
        client.force_login(make_admin())
        return make_type(random_share=0.2, longest_wait_days=3)

    def page(self, client, kind) -> str:
        return client.get(reverse("type_learning", args=[kind.pk])).content.decode()

    def reviewed(self, document_type, arm: str, pages: int, corrected: int, **fields) -> None:
        """Pages done by this arm: copies of one, as their lines have no say here."""
        task = ReviewTask.objects.get(page=make_page(document_type, status="reviewed", image=False))
        rows = {"arm": arm, "corrected": corrected, "seconds": 30.0, **fields}
        made = [ReviewTask(**{**_columns(task), **rows}) for _ in range(pages)]
        ReviewTask.objects.filter(pk=task.pk).update(corrected=None)
        ReviewTask.objects.bulk_create(made)

    def test_before_anything_is_reviewed_it_says_what_will_stand_here(self, client, kind):
        page = self.page(client, kind)
        assert "No page of this type has been reviewed" in page
        assert "20&nbsp;% of the pages take their place by chance" in page

    def test_with_a_few_pages_it_says_that_this_is_not_enough(self, client, kind):
        self.reviewed(kind, "value", 30, 6)
        self.reviewed(kind, "random", 5, 3)
        page = self.page(client, kind)
        assert "Not enough evidence yet" in page
        assert "type_arms_plot" not in page
        assert "times</strong>" not in page

    def test_with_enough_it_tells_the_gain_with_its_interval(self, client, kind):
        for corrected in (4, 6, 8):
            self.reviewed(kind, "value", 10, corrected)
        for corrected in (2, 3, 4):
            self.reviewed(kind, "random", 10, corrected)
        page = self.page(client, kind)
        assert "<strong>2.00 times</strong>" in page
        assert reverse("type_arms_plot", args=[kind.pk, "dark"]) in page
        assert "the interval holds 1" not in page
        picture = client.get(reverse("type_arms_plot", args=[kind.pk, "dark"]))
        assert b"drawn at random" in picture.content

    def test_late_pages_audits_and_pages_of_before_are_not_counted(self, client, kind):
        self.reviewed(kind, "value", 3, 6)
        task = ReviewTask.objects.filter(corrected=6)[0]
        self.reviewed(kind, "value", 4, 6, late_since=task.created_at)
        self.reviewed(kind, "random", 4, 6, kind="audit")
        self.reviewed(kind, "random", 4, 6, seconds=0.0)
        found = arms_of(kind)
        assert (found.value.pages, found.random.pages) == (3, 0)


def _columns(task: ReviewTask) -> dict:
    fields = task._meta.concrete_fields
    return {each.attname: getattr(task, each.attname) for each in fields if not each.primary_key}
