"""A JupyterHub for trying the course with a class, as instructor/README.md tells ("JupyterHub with nbgitpuller").

A sample for one machine. Whoever knows the password comes in, under any name, and every student's server runs as the
user who started the hub. For a real class replace (1) and (2) below.

The folders are those of the guide: course/ (this checkout) between hub/ and students/ (the two environments) and data/
(MNIST); homes/ is made.
"""

import os
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
if len(os.environ.get("VAE_HUB_PASSWORD", "")) < 8:
    sys.exit("Set VAE_HUB_PASSWORD to a password of 8 characters or more: it is what the class types to come in.")

c = get_config()  # noqa: F821 (JupyterHub defines it for this file)
c.JupyterHub.bind_url = "http://127.0.0.1:8000"
c.JupyterHub.db_url = f"sqlite:///{TOP}/hub/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = f"{TOP}/hub/jupyterhub_cookie_secret"
c.ConfigurableHTTPProxy.command = [f"{sys.prefix}/bin/configurable-http-proxy"]
c.ConfigurableHTTPProxy.pid_file = f"{TOP}/hub/jupyterhub-proxy.pid"

# (1) Who may come in. For a class: the school's accounts (oauthenticator, ldapauthenticator), or PAM, the default.
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = os.environ["VAE_HUB_PASSWORD"]
c.Authenticator.allow_all = True

# (2) Whose rights a server has. For a class: a system user each, the default, or a container each (dockerspawner).
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = f"{TOP}/homes/{{username}}"

# The students' environment holds the course's package, JupyterLab and nbgitpuller; the hub's needs none of them.
c.Spawner.cmd = [f"{TOP}/students/bin/jupyterhub-singleuser"]
c.Spawner.default_url = "/lab"
c.Spawner.environment = {
    "VAE_DATA_DIR": f"{TOP}/data",  # one MNIST for everyone
    "OMP_NUM_THREADS": "1",  # many students on few cores
}
