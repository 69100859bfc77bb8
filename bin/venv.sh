# Sourced by bin/run and bin/test, from the project's folder: makes .venv and installs into it.

# A virtual environment in .venv, made with the first Python that is new enough.
make_venv() {
    if [ -x .venv/bin/python ] && .venv/bin/python -c 'import pip' 2>/dev/null; then
        return
    fi
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            if ! "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
                version=$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
                echo "Python $version has no venv module here. Install it with:" >&2
                echo "  sudo apt-get install python$version-venv" >&2
                exit 1
            fi
            echo "Making .venv with $("$candidate" --version)."
            "$candidate" -m venv --clear .venv
            return
        fi
    done
    echo "fsdest needs Python 3.11 or later, and no such python3 was found." >&2
    exit 1
}

# The pinned packages of one requirements file, unless they are there already.
install_requirements() {
    make_venv
    .venv/bin/python bin/install.py "$1"
}
