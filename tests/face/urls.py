"""The addresses of the product with the gallery, as a developer has them in DEBUG."""

from django.urls import path

from config.gallery import gallery
from config.urls import urlpatterns as product

urlpatterns = [*product, path("gallery/", gallery, name="gallery")]
