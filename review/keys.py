"""The review screen's keys: what there is to do, the key it has, and the keys a person chose.

A combination is written as on the screen: `Ctrl+`, `Alt+`, `Shift+` in this order, then the key:
a capital letter, a digit, a sign, or a name such as Enter, Delete, ArrowUp, F1.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser

from review.edits import ReviewerKeys
from review.exceptions import KeyClash


@dataclass(frozen=True, slots=True)
class Action:
    """Something that has a key. `key` is the site's own choice."""

    code: str
    label: str
    key: str


@dataclass(frozen=True, slots=True)
class KeyRow:
    """An action with the key that it has for one person."""

    code: str
    label: str
    key: str
    own: bool

    @property
    def parts(self) -> list[str]:
        """The keys to hold and press, one by one, as their caps are drawn."""
        return [_CAPS.get(part, part) for part in re.split(r"(?<=.)\+", self.key)]


GROUPS: Mapping[str, tuple[Action, ...]] = {
    "In a line": (
        Action("confirm", "Right as it stands: on to the next line to check", "Enter"),
        Action("back", "Back to the line to check before", "Shift+Enter"),
        Action("take-1", "Take the first alternative at the cursor", "Alt+1"),
        Action("take-2", "Take the second", "Alt+2"),
        Action("take-3", "Take the third", "Alt+3"),
        Action("illegible", "Illegible, and back", "Alt+I"),
        Action("not_text", "Not text, and back", "Alt+N"),
        Action("hand", "Handwriting, and back", "Alt+H"),
        Action("palette", "Insert a special character", "Alt+P"),
        Action("reset", "The line as the model read it", "Alt+R"),
    ),
    "The page": (
        Action("submit", "Submit; the next page comes", "Ctrl+Enter"),
        Action("jump", "Go to any line by the letter shown on it", "Alt+J"),
        Action("undo", "Undo, text and boxes alike", "Ctrl+Z"),
        Action("redo", "Redo", "Ctrl+Shift+Z"),
        Action("verify", "Line by line: right, wrong, illegible", "Alt+V"),
        Action("skip", "Skip, with a reason", "Alt+S"),
        Action("flag", "Flag for an admin, with a reason", "Alt+F"),
        Action("turn", "Turn the page and read it again", "Alt+T"),
        Action("keys", "These keys", "F1"),
    ),
    "Boxes": (
        Action("shape", "Reshape the line's box", "Alt+G"),
        Action("add", "Add a line below", "Alt+A"),
        Action("delete", "Delete the line", "Alt+Delete"),
        Action("split", "Split the line at the cursor", "Alt+B"),
        Action("merge", "Merge with the next line", "Alt+M"),
        Action("up", "Earlier in the order", "Alt+Shift+ArrowUp"),
        Action("down", "Later in the order", "Alt+Shift+ArrowDown"),
    ),
    "The image": (
        Action("zoom-line", "Zoom to the line, and back", "Alt+Z"),
        Action("larger", "Larger", "Alt+="),
        Action("smaller", "Smaller", "Alt+-"),
        Action("fit", "Fit the width", "Alt+0"),
        Action("rotate", "Rotate the view", "Alt+O"),
        Action("contrast", "More contrast, inverted, and back", "Alt+C"),
    ),
}

ACTIONS = {action.code: action for group in GROUPS.values() for action in group}

_CAPS = {"ArrowUp": "↑", "ArrowDown": "↓", "ArrowLeft": "←", "ArrowRight": "→", "Delete": "Del"}
_NAMED = "Enter|Delete|Insert|Home|End|PageUp|PageDown|ArrowUp|ArrowDown|ArrowLeft|ArrowRight"
_COMBINATION = re.compile(  # as browsers tell keys: a sign comes with its Shift, Ctrl+Alt as AltGr
    rf"(?:Ctrl\+|Alt\+)?(?:(?:Shift\+)?(?:[A-Z0-9]|F(?:[1-9]|1[0-2])|{_NAMED})|[^\w\s])"
)
_TYPING = re.compile(r"(?:Shift\+)?(?:[A-Z0-9]|[^\w\s]|Delete|Insert|Home|End|Page\w+|Arrow\w+)")
_TAKEN = re.compile(
    r"Ctrl\+(?:Shift\+)?(?:[ACVXTWNRLPFSQ0=-]|Arrow\w+|Home|End|Delete)|Ctrl\+Y|Alt\+\?"
    r"|Alt\+(?:ArrowLeft|ArrowRight|Home|F4)|F5|F11|F12|Ctrl\+F5"
)
"""What the browser keeps to itself or typing needs; the screen's own redo and list of keys."""


def keys_of(user: AbstractBaseUser) -> dict[str, str]:
    """By action, the key it has for this person."""
    own = ReviewerKeys.objects.filter(user_id=user.pk).first()
    chosen = own.keys if own else {}
    return {code: chosen.get(code, action.key) for code, action in ACTIONS.items()}


def key_table(keys: Mapping[str, str]) -> dict[str, list[KeyRow]]:
    """A person's keys, group by group, as the list under `?` shows them."""
    return {
        name: [
            KeyRow(each.code, each.label, keys[each.code], keys[each.code] != each.key)
            for each in group
        ]
        for name, group in GROUPS.items()
    }


def choose_key(*, user: AbstractBaseUser, action: str, key: str) -> dict[str, str]:
    """Give an action another key, or with an empty one the site's own; returns all keys.

    Raises KeyClash where another action has the key, or where it is needed for typing or by the
    browser.
    """
    if action not in ACTIONS:
        raise KeyClash("There is no such action.")
    key = key or ACTIONS[action].key
    _check(key)
    keys = keys_of(user)
    other = next((code for code, has in keys.items() if has == key and code != action), None)
    if other is not None:
        raise KeyClash(f"{key} is taken: “{ACTIONS[other].label}”. Give that another key first.")
    keys[action] = key
    own = {code: has for code, has in keys.items() if has != ACTIONS[code].key}
    ReviewerKeys.objects.update_or_create(user_id=user.pk, defaults={"keys": own})
    return keys


def forget_keys(*, user: AbstractBaseUser) -> dict[str, str]:
    """Go back to the site's keys; returns them."""
    ReviewerKeys.objects.filter(user_id=user.pk).delete()
    return keys_of(user)


def _check(key: str) -> None:
    if not _COMBINATION.fullmatch(key):
        raise KeyClash("Press a key together with Alt or Ctrl, or a function key.")
    if _TYPING.fullmatch(key):
        raise KeyClash(f"{key} is needed for typing. Add Alt or Ctrl.")
    if _TAKEN.fullmatch(key):
        raise KeyClash(f"{key} belongs to the browser or to the text field.")
