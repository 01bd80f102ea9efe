"""What admins may ask of training."""

from django import forms

from recognition.canary_share import MOST
from recognition.models import DocumentType
from training.canary import DEFAULT_SHARE
from training.states import Depth


class ScopeForm(forms.Form):
    """A document type; empty means the model for all types."""

    document_type = forms.ModelChoiceField(
        queryset=DocumentType.objects.all(), required=False, empty_label="All types"
    )


class ShareForm(forms.Form):
    """How much of the documents a canary reads, in per cent."""

    percent = forms.FloatField(
        label="Share of the documents, in %",
        min_value=0.1,
        max_value=100 * MOST,
        initial=round(100 * DEFAULT_SHARE),
        widget=forms.NumberInput(attrs={"step": "any"}),
    )

    @property
    def share(self) -> float:
        """Of 1; once the form is valid."""
        return float(self.cleaned_data["percent"]) / 100

    @property
    def fault(self) -> str:
        """Why the form is not valid, in a sentence."""
        return "Give the share in per cent, above 0 and up to 50."


class CanaryForm(ShareForm, ScopeForm):
    """A canary's scope and share."""

    @property
    def fault(self) -> str:
        if "document_type" in self.errors:
            return "There is no such document type."
        return super().fault


class RunForm(ScopeForm):
    """What to train: a head for the scope, unless the whole network is asked for."""

    depth = forms.ChoiceField(choices=Depth.choices, required=False)

    def clean_depth(self) -> str:
        """Nothing said means a head."""
        return self.cleaned_data["depth"] or Depth.HEAD


class ScheduleForm(forms.Form):
    """When the nightly job starts, and whether it does."""

    at = forms.TimeField(
        label="Starts at", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    enabled = forms.BooleanField(label="Train every night", required=False)
