import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("fsdest", "0006_breaker"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Decision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "verb",
                    models.CharField(
                        choices=[("release", "Release"), ("discard", "Discard")], max_length=10
                    ),
                ),
                ("ids", models.JSONField(default=list)),
                ("code", models.CharField(blank=True, max_length=100)),
                ("until", models.DateTimeField()),
                ("is_original", models.BooleanField(default=False)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("completed", "Completed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="running",
                        max_length=10,
                    ),
                ),
                ("total", models.PositiveIntegerField()),
                ("done", models.PositiveIntegerField(default=0)),
                ("next_offset", models.PositiveBigIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("owner", models.CharField(blank=True, max_length=32)),
                ("lease_until", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="EditedRecord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("offset", models.PositiveBigIntegerField()),
                ("line", models.TextField()),
                ("edited_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="destination",
            name="halt",
            field=models.CharField(
                blank=True,
                choices=[("key", "Key"), ("level", "Level"), ("other", "Other")],
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="parked",
            index=models.Index(fields=["lane", "order_key", "offset"], name="parked_key"),
        ),
        migrations.AddField(
            model_name="decision",
            name="created_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="destination",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="decisions",
                to="fsdest.destination",
            ),
        ),
        migrations.AddField(
            model_name="editedrecord",
            name="destination",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="edited_records",
                to="fsdest.destination",
            ),
        ),
        migrations.AddField(
            model_name="editedrecord",
            name="edited_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="editedrecord",
            index=models.Index(fields=["destination", "offset"], name="edited_offset"),
        ),
    ]
