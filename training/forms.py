"""What admins may ask of training."""

from django import forms

from recognition.models import DocumentType
from training.states import Depth


class ScopeForm(forms.Form):
    """A document type; empty means the model for all types."""

    document_type = forms.ModelChoiceField(
        queryset=DocumentType.objects.all(), required=False, empty_label="All types"
    )


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
