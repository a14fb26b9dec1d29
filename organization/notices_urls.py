"""Addresses of notices, of one's reminder settings, and of the ladder, the calendar and failures."""

from django.urls import path

from organization.views import notices, reminder_office, reminder_settings

urlpatterns = [
    path("notices/", notices.notice_list, name="notice_list"),
    path("notices/read/", notices.notice_read, name="notice_read"),
    path("notices/<int:pk>/", notices.notice_open, name="notice_open"),
    path("feeds/<str:token>.ics", notices.reminder_feed_read, name="reminder_feed_read"),
    path("reminders/", reminder_settings.reminder_mine, name="reminder_mine"),
    path("reminders/channels/new/", reminder_settings.reminder_channel_add, name="reminder_channel_add"),
    path(
        "reminders/channels/<int:pk>/remove/", reminder_settings.reminder_channel_remove, name="reminder_channel_remove"
    ),
    path("reminders/channels/<int:pk>/test/", reminder_settings.reminder_channel_test, name="reminder_channel_test"),
    path("reminders/feed/", reminder_settings.reminder_feed_make, name="reminder_feed_make"),
    path("reminders/feed/revoke/", reminder_settings.reminder_feed_revoke, name="reminder_feed_revoke"),
    path("reminders/ladder/", reminder_office.reminder_ladder, name="reminder_ladder"),
    path("reminders/ladder/new/", reminder_office.reminder_rung_add, name="reminder_rung_add"),
    path("reminders/ladder/<int:pk>/", reminder_office.reminder_rung_change, name="reminder_rung_change"),
    path("reminders/calendar/", reminder_office.reminder_calendar, name="reminder_calendar"),
    path("reminders/calendar/import/", reminder_office.reminder_calendar_import, name="reminder_calendar_import"),
    path("reminders/failures/", reminder_office.reminder_failures, name="reminder_failures"),
    path("reminders/failures/retry/", reminder_office.reminder_retry, name="reminder_retry"),
]
