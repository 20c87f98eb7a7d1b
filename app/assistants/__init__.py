"""What the tools work out: pure functions that run off the GUI thread.

An assistant is a function of (scene, gesture, options) that returns an `Outcome`, or None where
there is nothing to propose. It must not write to anything that it gets, keeps what is worth keeping
in `scene.memo`, and looks at `scene.cancel` between steps that take long. The heavy part belongs
into `segcore`; an assistant says which of it a gesture means. `table.ASSISTANTS` has them all.
"""
