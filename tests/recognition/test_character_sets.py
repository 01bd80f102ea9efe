"""Character sets: what belongs to each, and that nothing else is ever read."""

import unicodedata

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from recognition.character_sets import CharacterSet, block_of, classes_of, contains, preview_of
from recognition.ctc import class_names, decode
from recognition.document_types import save_type
from recognition.engines.halves import Backbone, ExportedHead
from recognition.models import Event, Page, Prediction
from recognition.reading import read_page, reread_page
from recognition.registry import VersionFacts, activate, register_version
from recognition.states import PageStatus
from review.leases import claim_task
from review.models import ReviewTask, RoutingDecision
from review.rereading import reread_waiting_pages
from tests.doubles import ScriptedEngine, always
from tests.factories import make_admin, make_model, make_page, make_reviewer, make_type
from tests.recognition.engine_kit import model_files, shared_engine, text_line


@pytest.mark.parametrize(
    ("character_set", "inside", "outside"),
    [
        ("latin", "Aéßœőșồ 0½€–’§☒Ạ", "ſɑαжあ一，Ⅳ"),
        ("latin-historic", "ſꝑꝛ⁊ȝƿæÆ℟ↀ❧\u0303\u0364\ue8bf", "ɑǀαж一あ，"),
        ("digits", "0123456789 ,.-+%€½()", "AOlß一Ⅰ"),
        ("greek", "αΩἀϛ Abc", "ж一"),
        ("cyrillic", "жЖѣ Abc", "αあ"),
        ("chinese", "一国，。①《》 Abc", "あア"),
        ("japanese", "一あアｱー，。 Abc", "жα"),
    ],
)
def test_a_set_holds_its_own_characters_and_not_their_look_alikes(
    character_set: str, inside: str, outside: str
) -> None:
    assert [letter for letter in inside if not contains(character_set, letter)] == []
    assert [letter for letter in outside if contains(character_set, letter)] == []


@given(st.characters(categories=("L", "M", "N", "P", "S")))
def test_every_set_with_letters_holds_all_of_latin_and_the_full_one_holds_everything(
    letter: str,
) -> None:
    assert contains("full", letter)
    if contains("latin", letter):
        others = set(CharacterSet) - {CharacterSet.DIGITS}
        assert all(contains(each, letter) for each in others)
    if contains("digits", letter):
        assert unicodedata.category(letter)[0] != "L"
        assert contains("latin", letter)


@pytest.mark.parametrize(
    ("letter", "name"),
    [
        ("A", "Basic Latin"),
        ("ſ", "Latin Extended-A"),
        ("ꝑ", "Latin Extended-D"),
        ("⁊", "General Punctuation"),
        ("一", "CJK Unified Ideographs"),
        ("\ue8bf", "Private Use Area"),
        ("\u0980", "Other blocks"),
        ("\U0010fffd", "Other blocks"),
    ],
)
def test_blocks_have_the_names_that_unicode_gives_them(letter: str, name: str) -> None:
    assert block_of(letter) == name


def test_a_preview_counts_what_stays_block_by_block_and_names_what_the_model_lacks() -> None:
    preview = preview_of("latin-historic", ["b", "a", "ſ", "一", "ɑ"], shown=1)
    assert (preview.allowed, preview.known, preview.left_out) == (3, 5, 2)
    assert [(block.name, block.characters, block.more) for block in preview.blocks] == [
        ("Basic Latin", "a", 1),
        ("Latin Extended-A", "ſ", 0),
    ]
    assert "ꝑ" in preview.lacking
    assert "ſ" not in preview.lacking


def test_a_cut_head_gives_the_whole_heads_odds_among_the_classes_that_are_left() -> None:
    files = model_files()
    names = class_names(files.characters())
    kept = classes_of("latin", names)
    assert (kept[0], kept[-1]) == (0, len(names) - 1)
    assert 200 < len(kept) < 3_000
    assert classes_of("full", names) == tuple(range(len(names)))
    (features,) = Backbone(files.backbone).features([text_line("Invoice 1047 of 3 May")])
    whole = ExportedHead(files.head).probabilities(features)[:, list(kept)]
    cut = ExportedHead(files.head, kept).probabilities(features)
    assert cut == pytest.approx(whole / whole.sum(axis=1, keepdims=True), abs=1e-4)
    assert decode(cut, [names[index] for index in kept]).text == "Invoice 1047 of 3 May"


def test_the_real_engine_reads_only_what_the_set_holds_and_all_of_it_without_one() -> None:
    crops = [text_line("Invoice 1047 of 3 May"), text_line("O0 l1 5S")]
    engine = shared_engine()
    whole = [line.text for line in engine.recognise_crops(crops)]
    for character_set in ("digits", "latin"):
        for line in engine.restricted_to(character_set).recognise_crops(crops):
            assert contains(character_set, line.text)
            read = [character.text for character in line.characters]
            others = [a.text for character in line.characters for a in character.alternatives]
            assert all(contains(character_set, text) for text in read + others)
    digits, _ = engine.restricted_to("digits").recognise_crops(crops)
    assert "1047" in digits.text
    assert [line.text for line in engine.recognise_crops(crops)] == whole
    again = engine.restricted_to("digits").restricted_to("full")
    assert again is engine
    assert [line.text for line in again.recognise_crops(crops)] == whole
    assert any(not contains("digits", name) for name in model_files().characters())


@pytest.mark.django_db
def test_a_reading_names_the_set_it_was_made_with() -> None:
    document_type = make_type(character_set="latin-historic")
    make_model(active=True)
    page = make_page(document_type, status=PageStatus.QUEUED)
    engine = ScriptedEngine(("daſ", 0.9))
    assert read_page(page.pk, always(engine)) == "read"
    page.refresh_from_db()
    assert engine.character_set == page.character_set == "latin-historic"
    assert set(Prediction.objects.values_list("character_set", flat=True)) == {"latin-historic"}


@pytest.mark.django_db(transaction=True)
def test_a_page_that_waits_is_read_again_with_another_set_beside_the_first_reading() -> None:
    document_type = make_type()
    page = make_page(document_type, lines=[("0", 0.5)])
    first = ReviewTask.objects.get(page=page)
    document_type.character_set = "digits"
    save_type(document_type, groups=[], actor=make_admin())
    assert reread_page(page.pk, always(ScriptedEngine(("O", 0.6)))) == "read again"
    page.refresh_from_db()
    task = ReviewTask.objects.get(pk=first.pk)
    assert (page.character_set, task.character_set) == ("digits", "digits")
    assert page.lowest_confidence == 0.6
    told = Prediction.objects.filter(line__page=page).values_list("text", "character_set")
    assert sorted(told) == [("0", "full"), ("O", "digits")]
    assert [row.text for row in Prediction.objects.of_reading(page)] == ["O"]
    assert RoutingDecision.objects.filter(page=page).count() == 2
    assert reread_page(page.pk, always(ScriptedEngine(("X", 0.6)))) == "read by this model already"


@pytest.mark.django_db
def test_no_row_may_name_a_set_that_there_is_not() -> None:
    page = make_page()
    with pytest.raises(IntegrityError), transaction.atomic():
        Page.objects.filter(pk=page.pk).update(character_set="runes")


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(make_admin())
    return client


@pytest.mark.django_db
def test_the_form_shows_what_the_chosen_set_contains_without_javascript(admin) -> None:
    document_type = make_type("Chronicle")
    address = reverse("type_edit", args=[document_type.pk])
    typed = {
        "name": "Chronicles",
        "threshold": "8x",
        "character_set": "latin-historic",
        "look": "1",
    }
    page = admin.post(address, typed).content.decode()
    assert "long s, medieval letters" in page
    assert 'value="Chronicles"' in page
    assert 'value="8x"' in page
    assert "Nothing is saved yet" not in page
    document_type.refresh_from_db()
    assert (document_type.name, document_type.character_set) == ("Chronicle", "full")


@pytest.mark.django_db
def test_a_preview_is_of_the_model_that_reads_the_type(admin, settings) -> None:
    files = model_files()
    settings.MODEL_STORE = files.store
    facts = VersionFacts(files.sha256, files.name, files.kind, files.dictionary_sha256, "1", "1")
    activate(version=register_version(facts), document_type=None, actor=None, reason="a test")
    answer = admin.get(reverse("type_characters"), {"character_set": "latin"})
    page = answer.content.decode()
    assert "of the model's 18,708 characters" in page
    assert "Latin Extended-A" in page
    assert "CJK" not in page
    assert admin.get(reverse("type_characters"), {"character_set": "runes"}).status_code == 400
    assert admin.post(reverse("type_characters")).status_code == 405


@pytest.mark.django_db
def test_changing_the_set_offers_to_read_waiting_pages_again_on_the_record(admin) -> None:
    document_type = make_type("Receipt")
    make_page(document_type)
    held = make_page(document_type)
    assert claim_task(ReviewTask.objects.get(page=held).pk, make_reviewer()) is not None
    address = reverse("type_edit", args=[document_type.pk])
    policy = {"name": "Receipt", "threshold": "80", "audit_rate": "2", "priority": "0"}
    answer = admin.post(address, {**policy, "character_set": "latin"}, follow=True)
    page = answer.content.decode()
    assert answer.redirect_chain[-1][0] == address
    assert "were read with another character set" in page
    event = Event.objects.get(verb="change")
    assert event.data["changed"]["character_set"] == ["full", "latin"]
    told = admin.post(reverse("type_reread", args=[document_type.pk]), follow=True)
    assert "1 page will be read again" in told.content.decode()
    assert Event.objects.get(verb="read again").data == {"pages": 1}
    assert reread_waiting_pages(document_type.pk) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["type_characters", "type_reread"])
def test_sets_are_for_admins(name) -> None:
    document_type = make_type()
    address = reverse(name, args=[document_type.pk] if name == "type_reread" else [])
    reviewer = Client()
    reviewer.force_login(make_reviewer())
    for ask in ("get", "post"):
        assert getattr(Client(), ask)(address).status_code in (302, 405)
        assert getattr(reviewer, ask)(address).status_code in (403, 405)
