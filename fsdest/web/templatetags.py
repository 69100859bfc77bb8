"""Template tags of our own, loaded everywhere as builtins."""

from django import template

register = template.Library()
