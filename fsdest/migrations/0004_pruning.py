from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("fsdest", "0003_dry_run"),
    ]

    operations = [
        migrations.AddField(
            model_name="lane",
            name="pruned_delivered",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="quarantinedrecord",
            name="seen_closed_at",
            field=models.DateTimeField(null=True),
        ),
    ]
