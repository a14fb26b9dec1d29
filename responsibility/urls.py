"""Every address of responsibility."""

from responsibility import letters_urls, lists_urls

urlpatterns = [*lists_urls.urlpatterns, *letters_urls.urlpatterns]
