"""What answers questions with the emulator: scenario files, the command line, studies."""
