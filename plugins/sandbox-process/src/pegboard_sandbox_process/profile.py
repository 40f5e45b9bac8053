"""What a jail is for: the language its programs are in."""

import importlib.util

import attrs

from pegboard import StartupError


@attrs.frozen
class Profile:
    """A language, and what its programs may import.

    `language` is ``package.module:attribute``, a `pegboard_sandbox_process.child.Language`; the zygote imports
    it, without running its package's ``__init__``, before the file system goes away. `imports` are further
    modules to import beforehand; only what is imported then exists for programs, and with `library` the
    standard library. `files` says that the language reads standard input and has files.
    """

    name: str
    language: str
    imports: tuple[str, ...] = ()
    library: bool = False
    files: bool = False

    def package(self) -> tuple[str, str]:
        """Name and folder of the package that holds the language."""
        name = self.language.partition(":")[0].partition(".")[0]
        spec = importlib.util.find_spec(name)
        if spec is None or not spec.submodule_search_locations:
            raise StartupError(
                f'sandbox profile "{self.name}": language {self.language!r}: there is no package {name!r}'
            )
        return name, next(iter(spec.submodule_search_locations))


FULL_PYTHON = Profile(
    name="process", language="pegboard_sandbox_process.full_python:language", library=True, files=True
)
