print("appariteur")
