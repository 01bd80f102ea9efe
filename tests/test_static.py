"""Static files as browsers get them."""

import json
from pathlib import Path

from django.conf import settings


def test_our_script_modules_name_each_other_by_content() -> None:
    root = Path(settings.STATIC_ROOT)
    names = json.loads((root / "staticfiles.json").read_text())["paths"]
    script = (root / names["js/review/screen.js"]).read_text()
    assert f'from "./{Path(names["js/review/submit.js"]).name}"' in script
    assert f'from "../{Path(names["js/banners.js"]).name}"' in script
