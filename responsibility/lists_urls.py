"""Addresses of responsibility lists."""

from django.urls import path, re_path

from responsibility.views import coverage, issue, items, library, library_contents, lists

urlpatterns = [
    path("lists/", lists.list_list, name="list_list"),
    path("lists/export/", lists.list_export, name="list_export"),
    path("lists/<int:pk>/", lists.list_show, name="list_show"),
    path("lists/<int:pk>/sheet/", lists.list_sheet, name="list_sheet"),
    path("lists/<int:pk>/acknowledge/", lists.list_acknowledge, name="list_acknowledge"),
    path("lists/<int:pk>/step/<slug:step>/", lists.list_step, name="list_step"),
    path("lists/<int:pk>/items/add/", lists.list_item_create, name="list_item_create"),
    path("lists/<int:pk>/changes/", lists.list_changes, name="list_changes"),
    path("lists/changes/<int:pk>/decide/", lists.list_change_decide, name="list_change_decide"),
    path("items/", items.item_list, name="item_list"),
    path("items/export/", items.item_export, name="item_export"),
    path("items/<int:pk>/", items.item_show, name="item_show"),
    path("items/<int:pk>/alike/", items.item_alike, name="item_alike"),
    path("items/<int:pk>/edit/", lists.list_item_edit, name="list_item_edit"),
    path("items/<int:pk>/remove/", lists.list_item_remove, name="list_item_remove"),
    path("library/", library.library_list, name="library_list"),
    path("library/create/", library.library_create, name="library_create"),
    path("library/template/", library.library_template, name="library_template"),
    path("library/import/", library_contents.library_import, name="library_import"),
    path("library/import/<int:unit>/<slug:digest>/", library_contents.library_preview, name="library_preview"),
    path("library/<int:pk>/", library.library_show, name="library_show"),
    path("library/<int:pk>/edit/", library.library_edit, name="library_edit"),
    path("library/<int:pk>/publish/", library.library_publish, name="library_publish"),
    path("library/<int:pk>/revise/", library.library_revise, name="library_revise"),
    path("library/<int:pk>/copy/", library.library_copy, name="library_copy"),
    path("library/<int:pk>/discard/", library.library_discard, name="library_discard"),
    path("library/<int:pk>/sheet/", library.library_sheet, name="library_sheet"),
    path("library/<int:pk>/compare/<int:other>/", library.library_compare, name="library_compare"),
    path("library/<int:pk>/categories/add/", library_contents.library_category_create, name="library_category_create"),
    path("library/categories/<int:pk>/edit/", library_contents.library_category_edit, name="library_category_edit"),
    re_path(
        r"^library/categories/(?P<pk>[0-9]{1,18})/(?P<way>up|down)/$",
        library_contents.library_category_move,
        name="library_category_move",
    ),
    path(
        "library/categories/<int:pk>/delete/", library_contents.library_category_delete, name="library_category_delete"
    ),
    path("library/<int:pk>/items/add/", library_contents.library_item_create, name="library_item_create"),
    path("library/items/<int:pk>/edit/", library_contents.library_item_edit, name="library_item_edit"),
    re_path(
        r"^library/items/(?P<pk>[0-9]{1,18})/(?P<way>up|down)/$",
        library_contents.library_item_move,
        name="library_item_move",
    ),
    path("library/items/<int:pk>/delete/", library_contents.library_item_delete, name="library_item_delete"),
    path(
        "library/<int:pk>/situations/add/",
        library_contents.library_situation_create,
        name="library_situation_create",
    ),
    path("library/situations/<int:pk>/edit/", library_contents.library_situation_edit, name="library_situation_edit"),
    path(
        "library/situations/<int:pk>/delete/",
        library_contents.library_situation_delete,
        name="library_situation_delete",
    ),
    path("library/<int:pk>/issue/", issue.list_issue, name="list_issue"),
    path("library/<int:pk>/issue/preview/", issue.list_issue_preview, name="list_issue_preview"),
    path("library/<int:pk>/issue/progress/", issue.list_issue_progress, name="list_issue_progress"),
    path("library/<int:pk>/issue/progress/<int:job>/", issue.list_issue_job, name="list_issue_job"),
    path("library/<int:pk>/coverage/", coverage.list_coverage, name="list_coverage"),
    path("library/<int:pk>/coverage/export/", coverage.list_coverage_export, name="list_coverage_export"),
]
