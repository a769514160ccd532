<<<<<<< HEAD
import Testing
=======
// awaiting
>>>>>>> 0469c31b88327c470e1434a84273f50d6221731e
