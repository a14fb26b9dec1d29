"""Every address of responsibility."""

from responsibility import lists_urls

urlpatterns = [*lists_urls.urlpatterns]
