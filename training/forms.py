"""What admins may ask of training."""

from django import forms

from recognition.models import DocumentType


class ScopeForm(forms.Form):
    """A document type; empty means the model for all types."""

    document_type = forms.ModelChoiceField(
        queryset=DocumentType.objects.all(), required=False, empty_label="All types"
    )


class ScheduleForm(forms.Form):
    """When the nightly job starts, and whether it does."""

    at = forms.TimeField(
        label="Starts at", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    enabled = forms.BooleanField(label="Train every night", required=False)
