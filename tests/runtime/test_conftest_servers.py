"""What the test set-up itself promises."""

from django.db import connection


def test_the_tests_run_on_their_own_postgresql(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), current_setting('server_encoding')")
        assert cursor.fetchone() == (connection.settings_dict["NAME"], "UTF8")
    assert connection.settings_dict["NAME"].startswith("test_")


def test_the_tests_run_on_their_own_broker():
    from config.celery import app

    with app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1)
        assert broker.connected
