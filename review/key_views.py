"""Choosing one's own keys."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_POST

from review.exceptions import KeyClash
from review.keys import choose_key, forget_keys, keys_of
from review.people import person


@require_POST
def review_keys(request: HttpRequest) -> JsonResponse:
    """Give an action another key, or go back to the site's keys; tells all keys as they are now."""
    user = person(request)
    if "forget" in request.POST:
        return JsonResponse({"keys": forget_keys(user=user)})
    action, key = request.POST.get("action", ""), request.POST.get("key", "")
    try:
        return JsonResponse({"keys": choose_key(user=user, action=action, key=key)})
    except KeyClash as error:
        told = {"code": error.code, "message": error.message, "keys": keys_of(user)}
        return JsonResponse(told, status=422)
