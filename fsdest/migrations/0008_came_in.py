import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("fsdest", "0007_quarantine")]

    operations = [
        # Empty for the blocks there are: nobody knows any more when they came in. A default in the
        # same step would give all of them this moment, and make SQLite copy the table.
        migrations.AddField(
            model_name="block",
            name="came_in_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="block",
                    name="came_in_at",
                    field=models.DateTimeField(default=django.utils.timezone.now, null=True),
                ),
            ],
        ),
    ]
