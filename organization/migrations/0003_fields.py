"""The fields every office has: the five a head does not hold himself (鹿邑, 2017), and discipline."""

from django.db import migrations

RESERVED = ("财务", "人事", "工程项目", "行政审批", "物资采购")


def plant(apps, schema_editor):
    field = apps.get_model("organization", "Field")
    field.objects.bulk_create([field(name=name, reserved=True, business=True) for name in RESERVED])
    field.objects.create(name="纪检监察", reserved=False, business=False)


class Migration(migrations.Migration):
    dependencies = [("organization", "0002_officers_hold_no_grants")]
    operations = [migrations.RunPython(plant, migrations.RunPython.noop)]
