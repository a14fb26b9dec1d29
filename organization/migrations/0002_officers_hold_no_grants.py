"""A grant refers to (account, kind of account), so that the database refuses a business role to an officer."""

from django.db import migrations

FORWARD = """
ALTER TABLE organization_grant ADD CONSTRAINT grant_user_is_business
    FOREIGN KEY (user_id, user_office) REFERENCES organization_user (id, office);
"""
BACKWARD = "ALTER TABLE organization_grant DROP CONSTRAINT grant_user_is_business;"


class Migration(migrations.Migration):
    dependencies = [("organization", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
