import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def everyone_so_far_is_an_admin(apps, schema_editor):
    """Nobody loses what they could do before; only deletions at FullStory have to be granted."""
    apps.get_model("fsdest", "Membership").objects.update(role="admin")


class Migration(migrations.Migration):

    dependencies = [
        ('fsdest', '0009_begun'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('admin', 'Admin'), ('operator', 'Operator'), ('editor', 'Editor'), ('viewer', 'Viewer')], max_length=20)),
                ('may_delete_people', models.BooleanField(default=False)),
                ('note', models.CharField(blank=True, max_length=120)),
                ('token_digest', models.CharField(max_length=64, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('expires_at', models.DateTimeField()),
                ('accepted_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.AlterModelOptions(
            name='membership',
            options={'ordering': ['organization__name', 'organization_id']},
        ),
        migrations.AddField(
            model_name='membership',
            name='may_delete_people',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='membership',
            name='role',
            field=models.CharField(choices=[('admin', 'Admin'), ('operator', 'Operator'), ('editor', 'Editor'), ('viewer', 'Viewer')], default='viewer', max_length=20),
        ),
        migrations.RunPython(everyone_so_far_is_an_admin, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['admin', 'operator', 'editor', 'viewer'])), name='membership_has_a_role'),
        ),
        migrations.AddField(
            model_name='invitation',
            name='accepted_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='invitation',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='invitation',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to='fsdest.organization'),
        ),
    ]
