"""The addresses of the product with the gallery, as a developer has them in DEBUG."""

from django.urls import path

from config.gallery import gallery
from config.urls import handler400, handler403, handler404, handler500
from config.urls import urlpatterns as product

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [*product, path("gallery/", gallery, name="gallery")]
