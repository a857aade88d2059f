"""The toolkit's pages, with what its discovery document leaves out."""

import json
from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView
from django.http import JsonResponse
from django.urls import include, path
from oauth2_provider import urls
from oauth2_provider.views import ConnectDiscoveryInfoView, DeviceAuthorizationView
from oauthlib.oauth2 import DeviceApplicationServer


class Discovery(ConnectDiscoveryInfoView):
    """The toolkit names neither the device endpoint nor revocation; its administrator has to."""

    def get(self, request: Any, *args: Any, **more: Any) -> JsonResponse:
        """The document with those two in it."""
        document = json.loads(super().get(request, *args, **more).content)
        views = {"device_authorization": "device-authorization", "revocation": "revoke-token"}
        for name, view in views.items():
            document[f"{name}_endpoint"] = self._get_endpoint_url(request, view, required=True)
        return JsonResponse(document)


class DeviceServer(DeviceApplicationServer):
    """Device codes with the times that a test set."""

    @property
    def interval(self) -> int:
        """Seconds between polls; the toolkit always names one."""
        return int(settings.CONTROL.settings["interval"] or 5)

    @property
    def expires_in(self) -> int:
        """Seconds for which a code is good."""
        return int(settings.CONTROL.settings["dc_ttl"])


class DeviceAuthorization(DeviceAuthorizationView):
    """The toolkit's view on that server."""

    server_class = DeviceServer


urlpatterns = [
    path("accounts/login/", LoginView.as_view(template_name="login.html")),
    path("o/.well-known/openid-configuration", Discovery.as_view()),
    path("o/device-authorization/", DeviceAuthorization.as_view()),
    path("o/", include(urls)),
]
