"""An index for the few deliveries that may have gone out twice."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reminders", "0002_defaults"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(condition=models.Q(("doubled__gt", 0)), fields=["id"], name="delivery_doubled"),
        ),
    ]
