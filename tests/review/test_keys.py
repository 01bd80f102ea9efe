"""A person's own keys, and the special characters a document type's labels teach."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from recognition.states import PageStatus
from review.exceptions import KeyClash
from review.keys import ACTIONS, choose_key, forget_keys, keys_of
from review.screen import special_characters
from tests.factories import make_page, make_type

pytestmark = pytest.mark.django_db


def test_the_sites_own_keys_do_not_clash() -> None:
    keys = [action.key for action in ACTIONS.values()]
    assert len(set(keys)) == len(keys)


def test_a_chosen_key_stays_with_the_person(reviewer: User) -> None:
    choose_key(user=reviewer, action="merge", key="Alt+K")
    assert keys_of(reviewer)["merge"] == "Alt+K"
    assert keys_of(reviewer)["split"] == ACTIONS["split"].key
    choose_key(user=reviewer, action="split", key=ACTIONS["merge"].key)  # is free now
    assert forget_keys(user=reviewer)["merge"] == ACTIONS["merge"].key


@pytest.mark.parametrize(
    "key",
    ["Alt+I", "K", "Shift+K", "Ctrl+C", "Ctrl+V", "ArrowLeft", "Alt+ArrowLeft", "Tab", "Hyper+K",
     "Alt+", "Enter", "F5", "Shift+Home", "Ctrl+Shift+ArrowLeft", "Ctrl+A", "Ctrl+Y", "Alt+?",
     "Ctrl+Q", "Ctrl+Alt+K", "Alt+Shift+?"],
)  # fmt: skip
def test_clashing_and_needed_keys_are_refused(reviewer: User, key: str) -> None:
    with pytest.raises(KeyClash):
        choose_key(user=reviewer, action="merge", key=key)
    assert keys_of(reviewer)["merge"] == ACTIONS["merge"].key


def test_the_screen_chooses_and_forgets_keys(site: Client, client: Client) -> None:
    url = reverse("review_keys")
    told = site.post(url, {"action": "merge", "key": "Alt+K"}).json()
    assert told["keys"]["merge"] == "Alt+K"
    clash = site.post(url, {"action": "split", "key": "Alt+K"})
    assert clash.status_code == 422
    assert "Merge with the next line" in clash.json()["message"]
    assert site.post(url, {"action": "fly", "key": "Alt+K"}).status_code == 422
    assert site.post(url, {"forget": "yes"}).json()["keys"]["merge"] == "Alt+M"
    assert site.get(url).status_code == 405
    assert Client().post(url).status_code == 302


def test_the_palette_is_learnt_from_the_types_labels() -> None:
    fraktur = make_type()
    lines = (("Waſſer für die Straße", 0.4), ("Daſ iſt für dich", 0.4))
    make_page(fraktur, lines=lines, status=PageStatus.REVIEWED)
    make_page(make_type(), lines=(("ø", 0.4),), status=PageStatus.REVIEWED)
    assert special_characters(fraktur) == ["ſ", "ü", "ß"]
    russian = make_type()
    lines = (("Москва № 7 и Санкт-Петербург", 0.4), ("§ 12 «да»", 0.4))
    make_page(russian, lines=lines, status=PageStatus.REVIEWED)
    assert set(special_characters(russian)) == {"№", "§", "«", "»"}
