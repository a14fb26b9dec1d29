"""Addresses of letters."""

from django.urls import URLPattern, path

from responsibility.views import letter_drafts, letter_verify, letters, signing

urlpatterns: list[URLPattern] = [
    path("letters/", letters.letter_list, name="letter_list"),
    path("letters/export/", letters.letter_export, name="letter_export"),
    path("letters/new/", letter_drafts.letter_new, name="letter_new"),
    path("letters/new/<int:pk>/", letter_drafts.letter_draft, name="letter_draft"),
    path("letters/batch/draft/", letter_drafts.letter_draft_batch, name="letter_draft_batch"),
    path("letters/batch/send/", letter_drafts.letter_send_batch, name="letter_send_batch"),
    path("letters/batch/extend/", letter_drafts.letter_extend, name="letter_extend"),
    path("letters/jobs/<int:pk>/", letter_drafts.letter_job, name="letter_job"),
    path("letters/<int:pk>/", letters.letter_show, name="letter_show"),
    path("letters/<int:pk>/edit/", letter_drafts.letter_edit, name="letter_edit"),
    path("letters/<int:pk>/send/", letter_drafts.letter_send, name="letter_send"),
    path("letters/<int:pk>/sign/", signing.letter_sign, name="letter_sign"),
    path("letters/<int:pk>/return/", signing.letter_return, name="letter_return"),
    path("letters/<int:pk>/resume/", letter_drafts.letter_resume, name="letter_resume"),
    path("letters/<int:pk>/withdraw/", letter_drafts.letter_withdraw, name="letter_withdraw"),
    path("letters/<int:pk>/document/", letters.letter_document, name="letter_document"),
    path("letters/<int:pk>/versions/<int:version>/", letters.letter_version, name="letter_version"),
    path("verify/", letter_verify.letter_verify, name="letter_verify"),
]
